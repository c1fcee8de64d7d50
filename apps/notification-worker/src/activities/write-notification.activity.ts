import { NotificationId } from '@adx/notification-contract';
import { accessRows } from '@adx/persistence';
import { v7 as uuidV7 } from 'uuid';
import { notificationActivities } from './notification-activities.ts';

export const writeNotification = notificationActivities.activity('writeNotification', {
  run: async ({ input, tenantId, tx, fail }) => {
    const { userId, subject, body } = input;
    if (!(await accessRows(tx).isMember(userId))) throw fail.RecipientUnknown({ userId });
    const notificationId = uuidV7();
    await tx.notification.create({ data: { tenantId, notificationId, userId, subject, body } });
    return { notificationId: NotificationId.parse(notificationId) };
  },
});
