import { defineActivity, defineWorkflow } from '@adx/contract-kit';
import { z } from 'zod';

export const UserId = z.uuid().brand<'UserId'>();
export const EndpointId = z.uuid();
export const NotificationId = z.uuid().brand<'NotificationId'>();
const Address = z.email().max(254);

/** Where a notification is to be found: in the recipient's list, in their mailbox, at the tenant's own systems. */
export const Channel = z.enum(['in-app', 'email', 'webhook']);

/** What a notification says. */
export const Message = {
  subject: z.string().trim().min(1).max(200),
  body: z.string().trim().min(1).max(10_000),
};

/** Nobody has registered it, or its registration was taken back. */
const EndpointGone = z.strictObject({ endpointId: EndpointId });
const webhook = z.strictObject({ channel: z.literal('webhook'), endpointId: EndpointId });

/**
 * Begins the one delivery of a notification to a place, and says what is to be delivered. Its row outlives what the
 * server remembers of the process, so that a start that comes again after that delivers nothing.
 */
export const beginDelivery = defineActivity({
  kind: 'pivot',
  because: 'what has gone out cannot be taken back',
  access: 'lifecycle',
  input: z.strictObject({
    notificationId: NotificationId,
    to: z.discriminatedUnion('channel', [z.strictObject({ channel: z.literal('email'), address: Address }), webhook]),
  }),
  output: z.strictObject({ userId: z.uuid(), ...Message, sentAt: z.iso.datetime() }),
  errors: {
    /** Another process has begun it. */
    DeliveryBegun: z.strictObject({}),
    /** The address's domain is on the suppression list. The address itself stays out of the error: it is personal. */
    AddressRejected: z.strictObject({ domain: z.string() }),
    EndpointGone,
  },
  bounds: { attempt: '10s', attempts: 10 },
});

/** Mails a message; repeated attempts carry one Message-ID. Not while the tenant is suspended. */
export const deliverMail = defineActivity({
  kind: 'retriable',
  effect: 'external',
  access: 'lifecycle',
  input: z.strictObject({ address: Address, ...Message }),
  output: z.strictObject({ messageId: z.string() }),
  bounds: { attempt: '20s', attempts: 20 },
});

/**
 * Delivers one event to an endpoint, signed, at least once: every attempt has the same `webhook-id`, by which the
 * receiver tells a repetition. Not while the tenant is suspended.
 */
export const deliverWebhook = defineActivity({
  kind: 'retriable',
  effect: 'external',
  access: 'lifecycle',
  input: z.strictObject({ endpointId: EndpointId, type: z.string().max(100), data: z.json() }),
  output: z.strictObject({ webhookId: z.string(), status: z.int() }),
  errors: { EndpointGone },
  bounds: { attempt: '40s', attempts: 20 },
});

/**
 * One notification to one place. Started by the service itself, in the transaction that writes the notification. What
 * cannot be delivered waits for a person.
 */
export const deliverNotification = defineWorkflow({
  pattern: 'saga',
  input: z.strictObject({
    notificationId: NotificationId,
    to: z.discriminatedUnion('channel', [
      z.strictObject({ channel: z.literal('email'), userId: UserId }),
      // Of nobody that the user service knows.
      z.strictObject({ channel: z.literal('mailbox'), address: Address }),
      webhook,
    ]),
  }),
  output: z.strictObject({ notificationId: NotificationId }),
  identity: 'request',
});
