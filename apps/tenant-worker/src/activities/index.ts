import { activateTenant } from './activate-tenant.activity.ts';
import { reserveTenant } from './reserve-tenant.activity.ts';
import { setTenantStatus } from './set-tenant-status.activity.ts';
import { tenantActivities } from './tenant-activities.ts';

export const activities = tenantActivities.handlers({ reserveTenant, activateTenant, setTenantStatus });
