import { failure } from '@adx/contract-kit';
import { tenantActivities } from './tenant-activities.ts';

export const lockTenant = tenantActivities.activity('lockTenant', {
  run: async ({ input, tenantId, tx, fail, operationId }) => {
    const { count } = await tx.tenant.updateMany({
      where: { tenantId, lockedBy: null, status: { notIn: ['pending', input.to] } },
      data: { lockedBy: operationId },
    });
    if (count === 1) return {};
    const row = await tx.tenant.findUnique({ where: { tenantId } });
    if (!row) throw failure('NotFound', 'no such tenant');
    if (row.status === 'pending') throw fail.TenantPending({});
    if (row.lockedBy !== null) throw fail.TenantBusy({});
    throw fail.StatusUnchanged({ status: input.to });
  },
  undo: async ({ tenantId, tx, operationId }) => {
    await tx.tenant.updateMany({ where: { tenantId, lockedBy: operationId }, data: { lockedBy: null } });
  },
});
