import { notificationContract } from '@adx/notification-contract';
import { openAttention } from '@adx/worker-runtime';
import { OPERATORS } from '../domain/operators.ts';
import { reminderOf } from '../domain/reminder.ts';
import { notificationActivities } from './notification-activities.ts';

const { deliverNotification } = notificationContract.workflows;

export const remindOperators = notificationActivities.activity('remindOperators', {
  prepare: () => Promise.resolve({}),
  call: async ({ reminders }) => {
    const [open, now] = [await openAttention(), Date.now()];
    return open.flatMap((waiting) => reminderOf(waiting, reminders, now) ?? []);
  },
  apply: async ({ fetched: due, tenantId, tx, outbox, operatorAddress }) => {
    const ids = due.map(({ notificationId }) => notificationId);
    const known = await tx.notification.findMany({
      where: { tenantId, notificationId: { in: ids } },
      select: { notificationId: true },
    });
    const sent = new Set<string>(known.map(({ notificationId }) => notificationId));
    const left = due.filter(({ notificationId }) => !sent.has(notificationId));
    await tx.notification.createMany({ data: left.map((one) => ({ ...one, tenantId, userId: OPERATORS })) });
    if (operatorAddress !== undefined) {
      const to = { channel: 'mailbox', address: operatorAddress } as const;
      for (const { notificationId } of left) {
        outbox.start(deliverNotification, { notificationId, to }, { key: `${notificationId}/email` });
      }
    }
    return { notificationIds: left.map(({ notificationId }) => notificationId) };
  },
  undo: async ({ output: { notificationIds }, tenantId, tx }) => {
    await tx.notification.deleteMany({ where: { tenantId, notificationId: { in: notificationIds } } });
  },
});
