import { NotificationId, notificationContract } from '@adx/notification-contract';
import { accessRows } from '@adx/persistence';
import { v7 as uuidV7 } from 'uuid';
import { notificationActivities } from './notification-activities.ts';
import { startMail } from './start-mail.ts';

const { deliverNotification } = notificationContract.workflows;

export const writeNotification = notificationActivities.activity('writeNotification', {
  run: async ({ input, tenantId, tx, fail, outbox }) => {
    const { userId, subject, body, channels } = input;
    if (!(await accessRows(tx).isMember(userId))) throw fail.RecipientUnknown({ userId });
    const notificationId = NotificationId.parse(uuidV7());
    const inApp = channels.includes('in-app');
    await tx.notification.create({ data: { tenantId, notificationId, userId, subject, body, inApp } });
    // What is to be delivered starts with this commit, or not at all.
    if (channels.includes('email')) startMail(outbox, { notificationId, userId });
    if (channels.includes('webhook')) {
      const endpoints = await tx.webhookEndpoint.findMany({ where: { tenantId }, select: { endpointId: true } });
      if (endpoints.length === 0) throw fail.NoWebhook({});
      for (const { endpointId } of endpoints) {
        const to = { channel: 'webhook', endpointId } as const;
        outbox.start(deliverNotification, { notificationId, to }, { key: `${notificationId}/${endpointId}` });
      }
    }
    return { notificationId };
  },
});
