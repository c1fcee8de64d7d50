import { failure } from '@adx/contract-kit';
import { tenantActivities } from './tenant-activities.ts';

export const unlockTenant = tenantActivities.activity('unlockTenant', {
  run: async ({ tenantId, tx, operationId }) => {
    const { count } = await tx.tenant.updateMany({
      where: { tenantId, lockedBy: operationId },
      data: { lockedBy: null },
    });
    if (count === 0) throw failure('BusinessLogicError', 'the tenant is not locked by this operation');
    return {};
  },
});
