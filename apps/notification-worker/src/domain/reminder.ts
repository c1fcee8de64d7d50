import { createHash } from 'node:crypto';
import { attentionLevel, milliseconds } from '@adx/contract-kit';
import type { Attention, Duration } from '@adx/contract-kit';
import { NotificationId } from '@adx/notification-contract';
import { v7 as uuidV7 } from 'uuid';
import type { z } from 'zod';

/** What waits for a person. */
interface Waiting {
  readonly operationId: string;
  readonly type: string;
  readonly attention: Attention;
}

/** A message to the operators. */
export interface Reminder {
  /** The same for the same wait and level, and in the order of time like any other. */
  readonly notificationId: z.output<typeof NotificationId>;
  readonly subject: string;
  readonly body: string;
}

/** The reminder of what has reached a level; the ones of levels below it are not made up for. */
export function reminderOf(waiting: Waiting, reminders: readonly Duration[], now: number): Reminder | undefined {
  const { operationId, type, attention } = waiting;
  const { step, service, since, error, actions } = attention;
  const level = attentionLevel(since, reminders, now);
  if (level === 0) return undefined;
  const id = `${operationId}.${step}`;
  const random = createHash('sha256').update(`${id}\n${since}\n${level}`).digest();
  const due = Date.parse(since) + milliseconds(reminders[level - 1]!);
  return {
    notificationId: NotificationId.parse(uuidV7({ msecs: due, random })),
    subject: `Needs attention, level ${level}: ${service}.${step} of ${type}`.slice(0, 200),
    body: [
      `It has waited for a person since ${since} (${error.type}).`,
      `It can be answered with ${actions.join(', ')}:`,
      `GET /v1/needs-attention/${id}`,
    ].join('\n'),
  };
}
