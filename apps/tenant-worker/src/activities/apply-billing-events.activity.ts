import { BillingEvent } from '@adx/tenant-contract';
import { applySubscriptionEvents } from './apply-subscription-events.ts';
import { tenantActivities } from './tenant-activities.ts';

export const applyBillingEvents = tenantActivities.activity('applyBillingEvents', {
  run: ({ input, ...context }) => applySubscriptionEvents(input, BillingEvent, context),
});
