import { notificationContract } from '@adx/notification-contract';
import { userContract } from '@adx/user-contract';
import { saga } from '@adx/workflow-patterns';

const notification = notificationContract.activities;
const user = userContract.activities;

/**
 * One notification to one place. What refuses it for good before anything has left (no such user or endpoint, a
 * suppressed domain) ends it; from there on it is tried until it succeeds, or waits for a person.
 */
export const deliverNotification = saga(
  notificationContract.workflows.deliverNotification,
  async (run, { notificationId, to }) => {
    if (to.channel !== 'webhook') {
      const address =
        to.channel === 'mailbox' ? to.address : (await run.read(user.findAddress, { userId: to.userId })).email;
      const live = await run.pivot(notification.beginDelivery, { notificationId, to: { channel: 'email', address } });
      const { subject, body } = live.output;
      await live.tail(notification.deliverMail, { address, subject, body });
    } else {
      const { endpointId } = to;
      const live = await run.pivot(notification.beginDelivery, { notificationId, to });
      const data = { notificationId, ...live.output };
      await live.tail(notification.deliverWebhook, { endpointId, type: 'notification.sent', data });
    }
    return { notificationId };
  },
  // So long it waits for a user service that is down; the mail is not lost before that.
  { deadline: '7d' },
);
