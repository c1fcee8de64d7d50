import type { ReadHandlers } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import type { notificationContract } from '@adx/notification-contract';
import type { NotificationTx } from '../adapters/database.ts';

type GetBroadcast = ReadHandlers<typeof notificationContract, NotificationTx>['getBroadcast'];

export const getBroadcast: GetBroadcast = async ({ input: { operationId }, tenantId, tx }) => {
  const row = await tx.broadcast.findUnique({ where: { tenantId_operationId: { tenantId, operationId } } });
  if (!row) throw failure('NotFound', 'no such broadcast');
  const { total, sent, failed } = row;
  return { total, processed: sent + failed, sent, failed };
};
