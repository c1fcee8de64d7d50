import { accessRows } from '@adx/persistence';
import { tenantContract } from '@adx/tenant-contract';
import { tenantActivities } from './tenant-activities.ts';

export const activateTenant = tenantActivities.activity('activateTenant', {
  run: async ({ input, tenantId, tx, outbox }) => {
    const activatedAt = new Date();
    const { statusVersion } = await tx.tenant.update({
      where: { tenantId },
      data: { status: 'active', statusVersion: { increment: 1 }, ownerId: input.ownerId, activatedAt },
    });
    await accessRows(tx).openTenant('active');
    const change = { status: 'active', version: Number(statusVersion) } as const;
    outbox.emit(tenantContract.events.tenantAccessChanged, change, { aggregate: 'tenant' });
    return { activatedAt: activatedAt.toISOString() };
  },
});
