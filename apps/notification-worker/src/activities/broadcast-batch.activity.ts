import { accessRows } from '@adx/persistence';
import { countBatch, holdBroadcast, refuse, writeMessages } from '../adapters/broadcasts.ts';
import { notificationActivities } from './notification-activities.ts';
import { startMail } from './start-mail.ts';

export const broadcastBatch = notificationActivities.activity('broadcastBatch', {
  run: async ({ input: { userIds, next }, tenantId, operationId, tx, fail, outbox }) => {
    const broadcast = await holdBroadcast(tx, tenantId, operationId);
    if (broadcast.closed) throw fail.BroadcastClosed({});
    // Whom this service does not know yet is a member all the same: the user service has just said so.
    const removed = await accessRows(tx).removedAmong(userIds);
    const refused = await refuse(tx, broadcast, removed, 'MemberRemoved');
    const written = await writeMessages(tx, broadcast, userIds);
    if (broadcast.channels.includes('email')) for (const message of written) startMail(outbox, message);
    const failed = await countBatch(tx, broadcast, userIds, { sent: written.length, refused });
    return { processed: userIds.length, failed, cursor: next };
  },
});

export const setBroadcastBatchAside = notificationActivities.activity('setBroadcastBatchAside', {
  run: async ({ input: { userIds, next }, tenantId, operationId, tx, fail }) => {
    const broadcast = await holdBroadcast(tx, tenantId, operationId);
    if (broadcast.closed) throw fail.BroadcastClosed({});
    const refused = await refuse(tx, broadcast, userIds, 'BatchFailed');
    const failed = await countBatch(tx, broadcast, userIds, { sent: 0, refused });
    return { processed: userIds.length, failed, cursor: next };
  },
});
