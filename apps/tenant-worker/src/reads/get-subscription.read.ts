import type { ReadHandlers } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import { tenantContract } from '@adx/tenant-contract';
import type { TenantTx } from '../adapters/database.ts';

type GetSubscription = ReadHandlers<typeof tenantContract, TenantTx>['getSubscription'];

export const getSubscription: GetSubscription = async ({ tenantId, tx }) => {
  const row = await tx.subscription.findUnique({ where: { tenantId } });
  if (!row) throw failure('NotFound', 'the tenant has no subscription');
  const held = await tx.subscriptionEvent.count({ where: { tenantId, status: 'held' } });
  const { state, plan, dueAt, failedPayments, usageUnits, cancelAtDue, endedBecause, applied, changedAt } = row;
  return tenantContract.reads.getSubscription.output.parse({
    state,
    plan,
    failedPayments,
    usageUnits: Number(usageUnits),
    cancelAtDue,
    events: { applied, held },
    changedAt: changedAt.toISOString(),
    ...(dueAt ? { dueAt: dueAt.toISOString() } : {}),
    ...(endedBecause ? { endedBecause } : {}),
  });
};
