import { tenthPassed } from '@adx/contract-kit';
import { accessRows } from '@adx/persistence';
import { countBatch, holdBroadcast, refuse, writeMessages } from '../adapters/broadcasts.ts';
import type { HeldBroadcast } from '../adapters/broadcasts.ts';
import type { NotificationTx } from '../adapters/database.ts';
import { notificationActivities } from './notification-activities.ts';
import { startMail } from './start-mail.ts';
import { tellOfBroadcast } from './tell-of-broadcast.ts';

export const broadcastBatch = notificationActivities.activity('broadcastBatch', {
  run: async ({ input: { userIds, next }, tenantId, operationId, tx, fail, outbox, principal }) => {
    const broadcast = await holdBroadcast(tx, tenantId, operationId);
    if (broadcast.closed) throw fail.BroadcastClosed({});
    // Whom this service does not know yet is a member all the same: the user service has just said so.
    const removed = await accessRows(tx).removedAmong(userIds);
    const refused = await refuse(tx, broadcast, removed, 'MemberRemoved');
    const written = await writeMessages(tx, broadcast, userIds);
    if (broadcast.channels.includes('email')) for (const message of written) startMail(outbox, message);
    const failed = await count(tx, broadcast, userIds, { sent: written.length, refused }, principal.sub);
    return { processed: userIds.length, failed, cursor: next };
  },
});

export const setBroadcastBatchAside = notificationActivities.activity('setBroadcastBatchAside', {
  run: async ({ input: { userIds, next }, tenantId, operationId, tx, fail, principal }) => {
    const broadcast = await holdBroadcast(tx, tenantId, operationId);
    if (broadcast.closed) throw fail.BroadcastClosed({});
    const refused = await refuse(tx, broadcast, userIds, 'BatchFailed');
    const failed = await count(tx, broadcast, userIds, { sent: 0, refused }, principal.sub);
    return { processed: userIds.length, failed, cursor: next };
  },
});

/** @returns how many of the recipients have no message */
async function count(
  tx: NotificationTx,
  broadcast: HeldBroadcast,
  userIds: readonly string[],
  news: { readonly sent: number; readonly refused: number },
  startedBy: string,
): Promise<number> {
  const { failedHere, ...counts } = await countBatch(tx, broadcast, userIds, news);
  const { tenantId, processed: before } = broadcast;
  const percentage = tenthPassed({ before, after: counts.sent + counts.failed, total: counts.total });
  if (percentage !== undefined) {
    await tellOfBroadcast(tx, { tenantId, startedBy }, { ending: null, percentage }, counts);
  }
  return failedHere;
}
