import { createOwner } from './create-owner.activity.ts';
import { setMemberAccess } from './set-member-access.activity.ts';
import { userActivities } from './user-activities.ts';

export const activities = userActivities.handlers({ createOwner, setMemberAccess });
