import { notificationActivities } from './notification-activities.ts';
import { openChannels } from './open-channels.activity.ts';
import { sendWelcome } from './send-welcome.activity.ts';
import { writeNotification } from './write-notification.activity.ts';

export const activities = notificationActivities.handlers({ openChannels, sendWelcome, writeNotification });
