import type { In, Out } from '@adx/contract-kit';
import { RECIPIENTS_PER_BATCH, notificationContract } from '@adx/notification-contract';
import { userContract } from '@adx/user-contract';
import { longRunning } from '@adx/workflow-patterns';

const notification = notificationContract.activities;
const { listMembers } = userContract.activities;

/** Where the next page of members begins, as `openBroadcast` and the batches say it. */
type Place = Pick<In<typeof listMembers>, 'joinedBy' | 'after'>;

/** A message to every member, a page of the user service at a time; who cannot have it is on record. */
export const broadcast = longRunning(notificationContract.workflows.broadcast, {
  open: { activity: notification.openBroadcast, input: (message) => message },
  page: {
    activity: listMembers,
    input: (_, { cursor, size }) => ({ ...(cursor as unknown as Place), limit: size }),
  },
  batch: {
    activity: notification.broadcastBatch,
    size: RECIPIENTS_PER_BATCH,
    input: (_, { cursor }, page) => recipients(cursor as unknown as Place, page),
  },
  setAside: {
    activity: notification.setBroadcastBatchAside,
    input: (_, { cursor }, _why, page) => recipients(cursor as unknown as Place, page),
  },
  close: { activity: notification.closeBroadcast, input: (_, ending) => ({ ending }) },
  notice: { every: { percent: 10 } },
  // What a batch starts has limits of its own, and fairness between tenants is the queue's.
  rest: false,
});

function recipients({ joinedBy }: Place, { userIds, next }: Out<typeof listMembers>) {
  return { userIds, next: next === null ? null : { joinedBy, after: next } };
}
