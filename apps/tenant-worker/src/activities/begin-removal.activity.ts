import { failure } from '@adx/contract-kit';
import { tenantActivities } from './tenant-activities.ts';

export const beginRemoval = tenantActivities.activity('beginRemoval', {
  run: async ({ tenantId, tx, operationId }) => {
    const begun = await tx.tenant.count({ where: { tenantId, lockedBy: operationId } });
    if (begun === 0) throw failure('BusinessLogicError', 'the tenant is not locked by this operation');
    return {};
  },
});
