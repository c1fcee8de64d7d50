import { BATCH_BOUNDS, defineActivity, defineRead, defineWorkflow } from '@adx/contract-kit';
import { z } from 'zod';
import { Message, UserId } from './delivery.ts';

/** Members that one batch writes to. One permit of the rate limits is good for so many messages. */
export const RECIPIENTS_PER_BATCH = 500;

/** Why a member has no message of a broadcast. */
export const BroadcastFault = z.enum([
  /** Was a member when the page was read, and is none any more as far as this service knows. */
  'MemberRemoved',
  /** The batch of the member failed for good. */
  'BatchFailed',
]);

const roles = ['owner'] as const;
const bounds = { attempt: '10s', attempts: 10 } as const;
const Count = z.int().nonnegative();

const Broadcast = z.strictObject({
  ...Message,
  /** No webhooks: an event for each member is not what an endpoint of the tenant is for. */
  channels: z
    .array(z.enum(['in-app', 'email']))
    .min(1)
    .max(2)
    .default(['in-app']),
});
/** Among those who were members by then, behind this one. */
const Place = z.strictObject({ joinedBy: z.iso.datetime(), after: UserId.nullable() });
/** The recipients of a batch, and where the next one begins; null at the end. */
const BatchInput = z.strictObject({ userIds: z.array(UserId).max(RECIPIENTS_PER_BATCH), next: Place.nullable() });
const BatchOutput = z.strictObject({ processed: Count, failed: Count, cursor: Place.nullable() });
/** `total` is what this service knew of when it began; of a finished one, those whose turn came. */
const BroadcastTotals = z.strictObject({ total: Count, processed: Count, sent: Count, failed: Count });

/** Closed broadcasts take no more batches. */
const errors = { BroadcastClosed: z.strictObject({}) };

/** Each is about the broadcast of its own operation. */
export const broadcastActivities = {
  openBroadcast: defineActivity({
    kind: 'retriable',
    roles,
    input: Broadcast,
    output: z.strictObject({ total: Count, processed: Count, failed: Count, lanes: z.array(Place) }),
    bounds,
  }),
  /** Writes the message to each recipient who has none yet, and starts its delivery, in one transaction. */
  broadcastBatch: defineActivity({
    kind: 'retriable',
    roles,
    input: BatchInput,
    output: BatchOutput,
    errors,
    bounds: BATCH_BOUNDS,
  }),
  /** Records those recipients of a batch that failed for good who have no message. */
  setBroadcastBatchAside: defineActivity({
    kind: 'retriable',
    roles,
    input: BatchInput,
    output: BatchOutput,
    errors,
    bounds,
  }),
  closeBroadcast: defineActivity({
    kind: 'retriable',
    roles,
    input: z.strictObject({ ending: z.enum(['finished', 'cancelled']) }),
    output: BroadcastTotals,
    bounds,
  }),
};

/** One message to every member of the tenant. It ends when all are written; each delivery is a process of its own. */
export const broadcast = defineWorkflow({
  pattern: 'long-running',
  input: Broadcast,
  output: BroadcastTotals,
  identity: 'request',
});

const Id = z.strictObject({ operationId: z.string().max(300) });

/** What the owner's database says of a broadcast; how its process is doing is the operation's to say. */
export const getBroadcast = defineRead({ input: Id, output: BroadcastTotals });

/** Members without a message, in the order of their ids; `next` is there when there are more. */
export const listBroadcastFailures = defineRead({
  input: Id.extend({ limit: z.int().min(1).max(100), after: UserId.optional() }),
  output: z.strictObject({
    failures: z.array(z.strictObject({ userId: UserId, reason: BroadcastFault })),
    next: UserId.optional(),
  }),
});
