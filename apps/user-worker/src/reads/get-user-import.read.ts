import type { ReadHandlers } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import type { userContract } from '@adx/user-contract';
import type { UserTx } from '../adapters/database.ts';

type GetUserImport = ReadHandlers<typeof userContract, UserTx>['getUserImport'];

export const getUserImport: GetUserImport = async ({ input, tenantId, tx }) => {
  const { importId } = input;
  const row = await tx.userImport.findUnique({ where: { tenantId_importId: { tenantId, importId } } });
  if (!row) throw failure('NotFound', 'no such import');
  const { total, imported, failed, createdAt, closedAt } = row;
  return {
    importId,
    total,
    processed: imported + failed,
    imported,
    failed,
    createdAt: createdAt.toISOString(),
    ...(closedAt ? { closedAt: closedAt.toISOString() } : {}),
  };
};
