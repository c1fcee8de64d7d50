import { defineActivity, defineWorkflow } from '@adx/contract-kit';
import { z } from 'zod';
import { NotificationId } from './delivery.ts';

/** Whether anything needs attention. */
export const checkAttention = defineActivity({
  kind: 'readonly',
  access: 'lifecycle',
  input: z.strictObject({}),
  output: z.strictObject({ waits: z.boolean() }),
  bounds: { attempt: '10s', attempts: 3 },
});

/**
 * Writes to the operators of everything that has waited for so long that it has reached another level; once for each
 * level. Undone it is in their list no more; a mail cannot be taken back.
 */
export const remindOperators = defineActivity({
  kind: 'compensatable',
  effect: 'fetched',
  access: 'lifecycle',
  input: z.strictObject({}),
  output: z.strictObject({ notificationIds: z.array(NotificationId) }),
  bounds: { attempt: '1m', attempts: 5 },
});

/** Reminds the operators of what needs attention. Started by a schedule. */
export const watchAttention = defineWorkflow({
  pattern: 'saga',
  input: z.strictObject({}),
  output: z.strictObject({ reminded: z.int().nonnegative() }),
  identity: 'request',
});
