import * as handlers from '../../generated/activities.ts';
import { userActivities } from './user-activities.ts';

/** Every \`*.activity.ts\` of this folder. */
export const activities = userActivities.handlers(handlers);
