import { maintenanceHandlers } from '@adx/worker-runtime';
import * as handlers from '../../generated/activities.ts';
import { userActivities } from './user-activities.ts';

/** Every \`*.activity.ts\` of this folder, and what every service has. */
export const activities = userActivities.handlers({ ...handlers, ...maintenanceHandlers });
