import { failure } from '@adx/contract-kit';
import { lockSubscription, saveSubscription, standingOf } from '../adapters/subscription-table.ts';
import { end, passDueTime } from '../domain/subscription.ts';
import { followSubscription } from './follow-subscription.ts';
import { tenantActivities } from './tenant-activities.ts';

export const passSubscriptionTime = tenantActivities.activity('passSubscriptionTime', {
  run: async ({ input: { at, reason }, tenantId, tx, outbox }) => {
    const locked = await lockSubscription(tx, tenantId);
    if (!locked) throw failure('NotFound', 'the tenant has no subscription');
    const { subscription } = locked;
    // A process that was reset may be behind: what was due then is not due any more.
    const isPast = subscription.state === 'ended' || (reason === 'due' && subscription.dueAt?.toISOString() !== at);
    if (isPast) return standingOf(tx, tenantId, locked);
    const passed = reason === 'due' ? passDueTime(subscription, new Date(at)) : end(subscription, reason);
    const next = { ...locked, subscription: passed };
    await saveSubscription(tx, tenantId, next, at);
    followSubscription(subscription.state, passed.state, `${reason}/${at}`, outbox);
    return standingOf(tx, tenantId, next);
  },
});
