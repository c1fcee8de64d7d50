import { beginDelivery } from './begin-delivery.activity.ts';
import { deliverMail } from './deliver-mail.activity.ts';
import { deliverWebhook } from './deliver-webhook.activity.ts';
import { notificationActivities } from './notification-activities.ts';
import { openChannels } from './open-channels.activity.ts';
import { registerWebhook } from './register-webhook.activity.ts';
import { sendInvitation } from './send-invitation.activity.ts';
import { sendWelcome } from './send-welcome.activity.ts';
import { setDeliveryAccess } from './set-delivery-access.activity.ts';
import { writeNotification } from './write-notification.activity.ts';

export const activities = notificationActivities.handlers({
  openChannels,
  sendWelcome,
  sendInvitation,
  setDeliveryAccess,
  registerWebhook,
  writeNotification,
  beginDelivery,
  deliverMail,
  deliverWebhook,
});
