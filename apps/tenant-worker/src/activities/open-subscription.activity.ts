import { failure } from '@adx/contract-kit';
import { lockSubscription, standingOf } from '../adapters/subscription-table.ts';
import { beginTrial } from '../domain/subscription.ts';
import { tenantActivities } from './tenant-activities.ts';

export const openSubscription = tenantActivities.activity('openSubscription', {
  run: async ({ input, tenantId, tx }) => {
    const known = await lockSubscription(tx, tenantId);
    // Of a process that the server has forgotten: there is one subscription per tenant, for ever.
    if (known) return standingOf(tx, tenantId, known);
    const tenant = await tx.tenant.findUnique({ where: { tenantId } });
    if (!tenant) throw failure('NotFound', 'there is no such tenant');
    if (tenant.status === 'pending') throw failure('TenantValidationFailed', 'the tenant is not open yet');
    const at = new Date(input.at);
    const subscription = beginTrial(input.input.plan ?? tenant.plan, at);
    await tx.subscription.create({
      data: { tenantId, ...subscription, usageUnits: BigInt(0), createdAt: at, changedAt: at },
    });
    return standingOf(tx, tenantId, { subscription, nextSeq: 1, applied: 0 });
  },
});
