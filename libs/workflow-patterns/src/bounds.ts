import { BOUNDS_SCALE_MEMO, milliseconds } from '@adx/contract-kit';
import type { Duration } from '@adx/contract-kit';
import { workflowInfo } from '@temporalio/workflow';

/** An attempt takes real time however small the factor is; a shorter timeout would measure the machine. */
const SHORTEST_ATTEMPT_MS = 1_000;

/** Turns the durations of contracts and patterns into milliseconds of this very run. */
export interface BoundsScale {
  /** An interval, a deadline or a schedule-to-close timeout. */
  interval(duration: Duration): number;
  /** The time of one attempt: scaled, but never below a second. */
  attempt(duration: Duration): number;
}

/**
 * The factor that tests and fault demonstrations put into the memo, 1 otherwise. The memo is part of the history, so
 * that a replay uses the factor of the original run.
 */
export function boundsScale(): BoundsScale {
  const factor = workflowInfo().memo?.[BOUNDS_SCALE_MEMO];
  const scale = typeof factor === 'number' && factor > 0 ? factor : 1;
  return {
    interval: (duration) => Math.max(1, Math.round(milliseconds(duration) * scale)),
    attempt: (duration) =>
      Math.max(Math.min(SHORTEST_ATTEMPT_MS, milliseconds(duration)), Math.round(milliseconds(duration) * scale)),
  };
}
