import { CustomerEvent } from '@adx/tenant-contract';
import { applySubscriptionEvents } from './apply-subscription-events.ts';
import { tenantActivities } from './tenant-activities.ts';

export const applyCustomerEvents = tenantActivities.activity('applyCustomerEvents', {
  run: ({ input, ...context }) => applySubscriptionEvents(input, CustomerEvent, context),
});
