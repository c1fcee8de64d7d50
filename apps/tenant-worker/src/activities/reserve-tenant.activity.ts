import { accessRows } from '@adx/persistence';
import { TenantId } from '@adx/tenant-contract';
import { tenantActivities } from './tenant-activities.ts';

export const reserveTenant = tenantActivities.activity('reserveTenant', {
  run: async ({ input, tenantId, tx, fail }) => {
    const { slug, name, plan } = input;
    // The unique key decides who has the slug: row security hides the tenant that holds it from any look before.
    const { count } = await tx.tenant.createMany({
      data: [{ tenantId, slug, name, plan, status: 'pending' }],
      skipDuplicates: true,
    });
    if (count === 0) throw fail.SlugTaken({ slug });
    await accessRows(tx).openTenant('pending');
    await accessRows(tx).assignPlan(plan);
    return { tenantId: TenantId.parse(tenantId) };
  },
  undo: async ({ tenantId, tx }) => {
    await accessRows(tx).assignPlan(null);
    await accessRows(tx).closeTenant();
    await tx.tenant.deleteMany({ where: { tenantId } });
  },
});
