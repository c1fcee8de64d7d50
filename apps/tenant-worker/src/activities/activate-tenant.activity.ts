import { accessRows } from '@adx/persistence';
import { tenantActivities } from './tenant-activities.ts';

export const activateTenant = tenantActivities.activity('activateTenant', {
  run: async ({ input, tenantId, tx }) => {
    const activatedAt = new Date();
    await tx.tenant.update({
      where: { tenantId },
      data: { status: 'active', ownerId: input.ownerId, activatedAt },
    });
    await accessRows(tx).openTenant('active');
    await accessRows(tx).grantMember(input.ownerId, ['owner']);
    return { activatedAt: activatedAt.toISOString() };
  },
});
