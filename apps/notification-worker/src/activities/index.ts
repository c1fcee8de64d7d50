import * as handlers from '../../generated/activities.ts';
import { notificationActivities } from './notification-activities.ts';

/** Every \`*.activity.ts\` of this folder. */
export const activities = notificationActivities.handlers(handlers);
