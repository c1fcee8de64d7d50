import type { ReadHandlers } from '@adx/activity-middleware';
import type { userContract } from '@adx/user-contract';
import { exportTenantRows as exportRows } from '@adx/persistence';
import type { UserTx } from '../adapters/database.ts';

type ExportUserRows = ReadHandlers<typeof userContract, UserTx>['exportUserRows'];

export const exportUserRows: ExportUserRows = async ({ input, tx }) => ({ rows: await exportRows(tx, input) });
