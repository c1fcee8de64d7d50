import { accessRows } from '@adx/persistence';
import { tenantActivities } from './tenant-activities.ts';

export const setPlan = tenantActivities.activity('setPlan', {
  run: async ({ input, tenantId, tx, fail }) => {
    const { plan } = input;
    const { count } = await tx.tenant.updateMany({ where: { tenantId, plan: { not: plan } }, data: { plan } });
    if (count === 0) throw fail.PlanUnchanged({ plan });
    await accessRows(tx).assignPlan(plan);
    return { plan };
  },
});
