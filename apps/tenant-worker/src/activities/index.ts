import { maintenanceHandlers } from '@adx/worker-runtime';
import * as handlers from '../../generated/activities.ts';
import { tenantActivities } from './tenant-activities.ts';

/** Every \`*.activity.ts\` of this folder, and what every service has. */
export const activities = tenantActivities.handlers({ ...handlers, ...maintenanceHandlers });
