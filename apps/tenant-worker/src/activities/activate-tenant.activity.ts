import { accessRows } from '@adx/persistence';
import { tenantContract } from '@adx/tenant-contract';
import { tenantActivities } from './tenant-activities.ts';

export const activateTenant = tenantActivities.activity('activateTenant', {
  run: async ({ input, tenantId, tx, outbox }) => {
    const activatedAt = new Date();
    await tx.tenant.update({
      where: { tenantId },
      data: { status: 'active', ownerId: input.ownerId, activatedAt },
    });
    await accessRows(tx).openTenant('active');
    outbox.emit(tenantContract.events.tenantAccessChanged, { status: 'active' }, { aggregate: 'tenant' });
    return { activatedAt: activatedAt.toISOString() };
  },
});
