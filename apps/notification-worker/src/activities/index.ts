import { maintenanceHandlers } from '@adx/worker-runtime';
import * as handlers from '../../generated/activities.ts';
import { notificationActivities } from './notification-activities.ts';

/** Every \`*.activity.ts\` of this folder, and what every service has. */
export const activities = notificationActivities.handlers({ ...handlers, ...maintenanceHandlers });
