import { defineActivity, defineContract, defineRead, defineWorkflow } from '@adx/contract-kit';
import { z } from 'zod';

const UserId = z.uuid();
const ChannelId = z.uuid();
export const NotificationId = z.uuid().brand<'NotificationId'>();

/** Registers the ways to reach a tenant's owner. */
const openChannels = defineActivity({
  kind: 'compensatable',
  access: 'provisioning',
  input: z.strictObject({ userId: UserId, email: z.email().max(254) }),
  output: z.strictObject({ channelId: ChannelId }),
  /** The address's domain is on the suppression list. The address itself stays out of the error: it is personal. */
  errors: { AddressRejected: z.strictObject({ domain: z.string() }) },
  bounds: { attempt: '10s', attempts: 10 },
});

/** Sends the welcome mail. After the pivot: mail cannot be taken back. */
const sendWelcome = defineActivity({
  kind: 'retriable',
  effect: 'external',
  access: 'provisioning',
  input: z.strictObject({ userId: UserId, tenantName: z.string() }),
  output: z.strictObject({ messageId: z.string() }),
  bounds: { attempt: '20s', attempts: 10 },
});

const Message = { subject: z.string().trim().min(1).max(200), body: z.string().trim().min(1).max(10_000) };

/** Puts a message into a member's list. */
const writeNotification = defineActivity({
  kind: 'pivot',
  because: 'the recipient may have read it',
  roles: ['owner'],
  input: z.strictObject({ userId: UserId, ...Message }),
  output: z.strictObject({ notificationId: NotificationId }),
  /** No member of the tenant has this id, as far as this service knows. */
  errors: { RecipientUnknown: z.strictObject({ userId: UserId }) },
  bounds: { attempt: '10s', attempts: 10 },
});

/** A message to a member of the tenant. */
const sendNotification = defineWorkflow({
  pattern: 'standard',
  input: writeNotification.input,
  output: writeNotification.output,
  identity: 'request',
});

/** The caller's own messages, newest first; `next` is there when there are more. */
const listNotifications = defineRead({
  input: z.strictObject({ limit: z.int().min(1).max(100), before: NotificationId.optional() }),
  output: z.strictObject({
    notifications: z.array(
      z.strictObject({
        notificationId: NotificationId,
        subject: z.string(),
        body: z.string(),
        sentAt: z.iso.datetime(),
      }),
    ),
    next: NotificationId.optional(),
  }),
});

export const notificationContract = defineContract({
  service: 'notification',
  taskQueue: 'notification',
  activities: { openChannels, sendWelcome, writeNotification },
  workflows: { sendNotification },
  reads: { listNotifications },
});
