import { activateTenant } from './activate-tenant.activity.ts';
import { applyBillingEvents } from './apply-billing-events.activity.ts';
import { applyCustomerEvents } from './apply-customer-events.activity.ts';
import { lockTenant } from './lock-tenant.activity.ts';
import { openSubscription } from './open-subscription.activity.ts';
import { passSubscriptionTime } from './pass-subscription-time.activity.ts';
import { reserveSeat } from './reserve-seat.activity.ts';
import { reserveTenant } from './reserve-tenant.activity.ts';
import { setPlan } from './set-plan.activity.ts';
import { setTenantStatus } from './set-tenant-status.activity.ts';
import { takeSeat } from './take-seat.activity.ts';
import { tenantActivities } from './tenant-activities.ts';
import { unlockTenant } from './unlock-tenant.activity.ts';

export const activities = tenantActivities.handlers({
  reserveTenant,
  activateTenant,
  lockTenant,
  setTenantStatus,
  unlockTenant,
  setPlan,
  reserveSeat,
  takeSeat,
  openSubscription,
  applyBillingEvents,
  applyCustomerEvents,
  passSubscriptionTime,
});
