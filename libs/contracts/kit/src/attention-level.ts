import { milliseconds } from './wire.ts';
import type { Duration } from './wire.ts';

/** After so long a wait the operators are reminded of what needs attention, unless configured otherwise. */
export const ATTENTION_REMINDERS: readonly Duration[] = ['1h', '24h'];

/**
 * How urgent something is that waits for a person: the number of reminders that are due. 0 is new.
 *
 * @param since ISO 8601
 * @param reminders shortest first
 */
export function attentionLevel(since: string, reminders: readonly Duration[], now: number): number {
  const waited = now - Date.parse(since);
  return reminders.filter((after) => milliseconds(after) <= waited).length;
}
