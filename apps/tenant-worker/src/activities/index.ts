import * as handlers from '../../generated/activities.ts';
import { tenantActivities } from './tenant-activities.ts';

/** Every \`*.activity.ts\` of this folder. */
export const activities = tenantActivities.handlers(handlers);
