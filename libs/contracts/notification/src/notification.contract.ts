import {
  defineActivity,
  defineContract,
  defineRead,
  defineSubjectErasure,
  defineTenantExport,
  defineTenantRemoval,
  defineWorkflow,
  maintenanceActivities,
  maintenanceWorkflows,
} from '@adx/contract-kit';
import { z } from 'zod';
import { checkAttention, remindOperators, watchAttention } from './attention.ts';
import { broadcast, broadcastActivities, getBroadcast, listBroadcastFailures } from './broadcast.ts';
import {
  Channel,
  EndpointId,
  Message,
  NotificationId,
  beginDelivery,
  deliverMail,
  deliverNotification,
  deliverWebhook,
} from './delivery.ts';

const UserId = z.uuid();
const ChannelId = z.uuid();

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

/**
 * Sends an invitation with its one-time token, of which only the proof comes back: its SHA-256, base64url. A mail cannot
 * be taken back: undone means that this step sends none any more. What makes one that was sent worthless is the undo of
 * the step that lets its token open something, in the user service.
 */
const sendInvitation = defineActivity({
  kind: 'compensatable',
  effect: 'external',
  roles: ['owner'],
  input: z.strictObject({ email: z.email().max(254), tenantName: z.string() }),
  output: z.strictObject({ messageId: z.string(), proof: z.string() }),
  /** The address's domain is on the suppression list. */
  errors: { AddressRejected: z.strictObject({ domain: z.string() }) },
  bounds: { attempt: '20s', attempts: 10 },
});

/** Registers where a tenant wants to be told of events. Its signing secret is provided by name, never by value. */
const registerWebhook = defineActivity({
  kind: 'compensatable',
  roles: ['owner', 'admin'],
  input: z.strictObject({
    url: z.url().max(2_000),
    /** The name under which the operator has put the tenant's secret. */
    secretName: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/),
  }),
  output: z.strictObject({ endpointId: EndpointId }),
  /** No public https address, one that is registered already, or one too many. The URL itself stays out of the error. */
  errors: { EndpointRefused: z.strictObject({ reason: z.string() }) },
  bounds: { attempt: '10s', attempts: 5 },
});

/** Removes what this service holds of a person, who is a member no more. */
const eraseRecipient = defineSubjectErasure();

/** Lets members of the tenant have mail sent, or not; undone to what was before. */
const setDeliveryAccess = defineActivity({
  kind: 'compensatable',
  access: 'lifecycle',
  input: z.strictObject({ status: z.enum(['active', 'suspended']), version: z.int().positive() }),
  output: z.strictObject({ before: z.enum(['pending', 'active', 'suspended']).nullable(), version: z.int() }),
  bounds: { attempt: '10s', attempts: 10 },
});

/** Puts a message into a member's list, and has it delivered wherever else it is to be. */
const writeNotification = defineActivity({
  kind: 'pivot',
  because: 'the recipient may have read it',
  roles: ['owner'],
  input: z.strictObject({
    userId: UserId,
    ...Message,
    /** Without `in-app` it is in no list. */
    channels: z.array(Channel).min(1).max(3).default(['in-app']),
  }),
  output: z.strictObject({ notificationId: NotificationId }),
  errors: {
    /** No member of the tenant has this id, as far as this service knows. */
    RecipientUnknown: z.strictObject({ userId: UserId }),
    /** The tenant has registered no endpoint. */
    NoWebhook: z.strictObject({}),
  },
  bounds: { attempt: '10s', attempts: 10 },
});

/** A message to a member of the tenant. It ends when the message is written; each delivery is a process of its own. */
const sendNotification = defineWorkflow({
  pattern: 'standard',
  input: writeNotification.input,
  output: writeNotification.output,
  identity: 'request',
});

/** A tenant's own system, which is told of what was sent to its members. */
const addWebhook = defineWorkflow({
  pattern: 'saga',
  input: registerWebhook.input,
  output: registerWebhook.output,
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
  activities: {
    openChannels,
    sendWelcome,
    sendInvitation,
    setDeliveryAccess,
    registerWebhook,
    writeNotification,
    beginDelivery,
    deliverMail,
    deliverWebhook,
    ...broadcastActivities,
    eraseRecipient,
    removeNotificationRows: defineTenantRemoval(),
    checkAttention,
    remindOperators,
    ...maintenanceActivities,
  },
  workflows: { sendNotification, deliverNotification, addWebhook, broadcast, watchAttention, ...maintenanceWorkflows },
  reads: {
    listNotifications,
    getBroadcast,
    listBroadcastFailures,
    exportNotificationRows: defineTenantExport(),
  },
});
