import type { Outbox } from '@adx/activity-middleware';
import { notificationContract } from '@adx/notification-contract';

const { deliverNotification } = notificationContract.workflows;

/** Has a message mailed to its recipient, once. */
export function startMail(
  outbox: Pick<Outbox, 'start'>,
  { notificationId, userId }: { readonly notificationId: string; readonly userId: string },
): void {
  const to = { channel: 'email', userId } as const;
  outbox.start(deliverNotification, { notificationId, to }, { key: `${notificationId}/email` });
}
