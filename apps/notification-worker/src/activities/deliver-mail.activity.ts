import { notificationActivities } from './notification-activities.ts';
import { refuseSuspended } from './refuse-suspended.ts';

export const deliverMail = notificationActivities.activity('deliverMail', {
  prepare: async ({ tx, tenantId }) => {
    await refuseSuspended(tx, tenantId);
    return {};
  },
  call: async ({ input, key, mailer }) => {
    // A repeated delivery carries the same id: servers and mailboxes tell the two as one.
    const messageId = `<${key}@adx.example>`;
    await mailer.send({ to: input.address, subject: input.subject, text: `${input.body}\n`, messageId });
    return { messageId };
  },
});
