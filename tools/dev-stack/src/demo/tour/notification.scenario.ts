import { randomUUID } from 'node:crypto';
import type { Scenario } from '../stage.ts';
import { completed, failedFor, followUp, openTenant, run } from './processes.ts';

export const memberNotified: Scenario = {
  name: 'a message in the list and in the mailbox of a member',
  says: ['The message and the start of its delivery are one transaction; the delivery is a process of its own.'],
  shows: ['sendNotification', 'deliverNotification'],
  async play(stage) {
    const { owner, ownerId, ownerEmail, tenantId } = await openTenant(stage, 'soylent');
    const message = { subject: 'Maintenance', body: 'Tonight at ten.', channels: ['in-app', 'email'] };
    const sent = await run(owner, 'POST /v1/notifications', { ...message, userId: ownerId });
    const delivered = await followUp(stage, tenantId, 'deliverNotification');
    const { notifications } = (await owner.get('/v1/notifications')).body as {
      readonly notifications: readonly { readonly subject: string }[];
    };
    const mails = (await stage.inbox()).filter(({ to, subject }) => to === ownerEmail && subject === message.subject);
    const astray = await run(owner, 'POST /v1/notifications', { ...message, userId: randomUUID() });
    return {
      operation: sent,
      others: [delivered, astray],
      checks: {
        'written and delivered': completed(sent) && completed(delivered),
        'in the list once': notifications.length === 1 && notifications[0]?.subject === message.subject,
        'in the mailbox once': mails.length === 1 && mails[0]?.deliveries === 1,
        'a message to nobody is refused': failedFor(astray, 'notification.RecipientUnknown'),
      },
      evidence: { listed: notifications.length, mails: mails.length, astray: astray.error?.type },
    };
  },
};
