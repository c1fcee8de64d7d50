import { activateTenant } from './activate-tenant.activity.ts';
import { reserveTenant } from './reserve-tenant.activity.ts';
import { setPlan } from './set-plan.activity.ts';
import { tenantActivities } from './tenant-activities.ts';

export const activities = tenantActivities.handlers({ reserveTenant, activateTenant, setPlan });
