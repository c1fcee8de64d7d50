import { failure } from '@adx/contract-kit';
import { TenantStatus, tenantContract } from '@adx/tenant-contract';
import { tenantActivities } from './tenant-activities.ts';

export const unlockTenant = tenantActivities.activity('unlockTenant', {
  run: async ({ tenantId, tx, operationId, outbox }) => {
    const [tenant] = await tx.tenant.updateManyAndReturn({
      where: { tenantId, lockedBy: operationId },
      data: { lockedBy: null },
    });
    if (!tenant) throw failure('BusinessLogicError', 'the tenant is not locked by this operation');
    outbox.emit(
      tenantContract.events.tenantAccessChanged,
      { status: TenantStatus.parse(tenant.status), version: Number(tenant.statusVersion) },
      { aggregate: 'tenant' },
    );
    return {};
  },
});
