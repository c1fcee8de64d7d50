import type { ReadHandlers } from '@adx/activity-middleware';
import type { tenantContract } from '@adx/tenant-contract';
import { exportTenantRows as exportRows } from '@adx/persistence';
import type { TenantTx } from '../adapters/database.ts';

type ExportTenantRows = ReadHandlers<typeof tenantContract, TenantTx>['exportTenantRows'];

export const exportTenantRows: ExportTenantRows = async ({ input, tx }) => ({ rows: await exportRows(tx, input) });
