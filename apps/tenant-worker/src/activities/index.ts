import { activateTenant } from './activate-tenant.activity.ts';
import { lockTenant } from './lock-tenant.activity.ts';
import { reserveTenant } from './reserve-tenant.activity.ts';
import { setPlan } from './set-plan.activity.ts';
import { setTenantStatus } from './set-tenant-status.activity.ts';
import { tenantActivities } from './tenant-activities.ts';
import { unlockTenant } from './unlock-tenant.activity.ts';

export const activities = tenantActivities.handlers({
  reserveTenant,
  activateTenant,
  lockTenant,
  setTenantStatus,
  unlockTenant,
  setPlan,
});
