import type { ReadHandlers } from '@adx/activity-middleware';
import { NotificationId } from '@adx/notification-contract';
import type { notificationContract } from '@adx/notification-contract';
import { accessRows } from '@adx/persistence';
import type { NotificationTx } from '../adapters/database.ts';

type ListNotifications = ReadHandlers<typeof notificationContract, NotificationTx>['listNotifications'];

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const listNotifications: ListNotifications = async ({ input, principal, tenantId, tx }) => {
  // A caller whose subject is no user of this platform has no messages.
  if (!UUID.test(principal.sub)) return { notifications: [] };
  // A token outlives the user that it is of.
  if (!(await accessRows(tx).isMember(principal.sub))) return { notifications: [] };
  const { limit, before } = input;
  const rows = await tx.notification.findMany({
    where: {
      tenantId,
      userId: principal.sub,
      inApp: true,
      ...(before === undefined ? {} : { notificationId: { lt: before } }),
    },
    orderBy: { notificationId: 'desc' },
    take: limit + 1,
  });
  const notifications = rows.slice(0, limit).map(({ notificationId, subject, body, sentAt }) => ({
    notificationId: NotificationId.parse(notificationId),
    subject,
    body,
    sentAt: sentAt.toISOString(),
  }));
  const last = notifications.at(-1);
  return { notifications, ...(rows.length > limit && last ? { next: last.notificationId } : {}) };
};
