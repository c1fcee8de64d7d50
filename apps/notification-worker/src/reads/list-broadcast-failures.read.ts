import type { ReadHandlers } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import { notificationContract } from '@adx/notification-contract';
import type { NotificationTx } from '../adapters/database.ts';

type ListBroadcastFailures = ReadHandlers<typeof notificationContract, NotificationTx>['listBroadcastFailures'];

const { output } = notificationContract.reads.listBroadcastFailures;

export const listBroadcastFailures: ListBroadcastFailures = async ({ input, tenantId, tx }) => {
  const { operationId, limit, after } = input;
  const broadcast = await tx.broadcast.findUnique({ where: { tenantId_operationId: { tenantId, operationId } } });
  if (!broadcast) throw failure('NotFound', 'no such broadcast');
  const { broadcastId } = broadcast;
  const rows = await tx.broadcastFailure.findMany({
    where: { tenantId, broadcastId, ...(after === undefined ? {} : { userId: { gt: after } }) },
    orderBy: { userId: 'asc' },
    take: limit + 1,
    select: { userId: true, reason: true },
  });
  const failures = rows.slice(0, limit);
  const last = failures.at(-1);
  return output.parse({ failures, ...(rows.length > limit && last ? { next: last.userId } : {}) });
};
