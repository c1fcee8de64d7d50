import type { ReadHandlers } from '@adx/activity-middleware';
import { NO_TENANT } from '@adx/contract-kit';
import type { Principal } from '@adx/contract-kit';
import { NotificationId } from '@adx/notification-contract';
import type { notificationContract } from '@adx/notification-contract';
import { accessRows } from '@adx/persistence';
import type { NotificationTx } from '../adapters/database.ts';
import { OPERATORS } from '../domain/operators.ts';

type ListNotifications = ReadHandlers<typeof notificationContract, NotificationTx>['listNotifications'];

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const listNotifications: ListNotifications = async ({ input, principal, tenantId, tx }) => {
  const userId = await recipientOf(principal, tx);
  if (userId === undefined) return { notifications: [] };
  const { limit, before } = input;
  const rows = await tx.notification.findMany({
    where: {
      tenantId,
      userId,
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

/** Whose messages the caller may see; undefined for somebody who has none. */
async function recipientOf({ kind, sub, tenantId }: Principal, tx: NotificationTx): Promise<string | undefined> {
  if (kind === 'operator' && tenantId === NO_TENANT) return OPERATORS;
  // A caller whose subject is no user of this platform has no messages.
  if (!UUID.test(sub)) return undefined;
  // A token outlives the user that it is of.
  return (await accessRows(tx).isMember(sub)) ? sub : undefined;
}
