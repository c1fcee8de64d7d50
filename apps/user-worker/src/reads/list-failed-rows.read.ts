import type { ReadHandlers } from '@adx/activity-middleware';
import type { userContract } from '@adx/user-contract';
import type { UserTx } from '../adapters/database.ts';
import { failedRows } from '../adapters/import-failures.ts';

type ListFailedRows = ReadHandlers<typeof userContract, UserTx>['listFailedRows'];

export const listFailedRows: ListFailedRows = async ({ input, tenantId, tx }) => {
  const rows = await failedRows(tx, { tenantId, ...input });
  return {
    rows: rows.map(({ line, reason, content }) => ({ line, reason, row: content })),
    next: rows.length < input.limit ? null : rows.at(-1)!.number,
  };
};
