import { activateTenant } from './activate-tenant.activity.ts';
import { applyBillingEvents } from './apply-billing-events.activity.ts';
import { applyCustomerEvents } from './apply-customer-events.activity.ts';
import { openSubscription } from './open-subscription.activity.ts';
import { passSubscriptionTime } from './pass-subscription-time.activity.ts';
import { reserveTenant } from './reserve-tenant.activity.ts';
import { tenantActivities } from './tenant-activities.ts';

export const activities = tenantActivities.handlers({
  reserveTenant,
  activateTenant,
  openSubscription,
  applyBillingEvents,
  applyCustomerEvents,
  passSubscriptionTime,
});
