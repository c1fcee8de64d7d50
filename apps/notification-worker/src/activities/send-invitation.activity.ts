import { formatInvitationToken } from '@adx/user-contract';
import { proofOf, secretFrom } from '../domain/invitation-secret.ts';
import { suppressedDomain } from '../domain/suppression.ts';
import { notificationActivities } from './notification-activities.ts';

export const sendInvitation = notificationActivities.activity('sendInvitation', {
  prepare: async ({ input, fail, suppressedDomains }) => {
    const domain = suppressedDomain(input.email, suppressedDomains);
    if (domain) throw fail.AddressRejected({ domain });
  },
  call: async ({ input, key, mailer, operationId, invitationKey }) => {
    const token = formatInvitationToken(operationId, secretFrom(await invitationKey(), key));
    // A repeated delivery carries the same id and the same token: servers and mailboxes tell the two as one.
    const messageId = `<${key}@adx.example>`;
    await mailer.send({
      to: input.email,
      subject: `You are invited to join ${input.tenantName}`,
      text: `${input.tenantName} has invited you. This token accepts the invitation, once, within seven days:\n\n${token}\n`,
      messageId,
    });
    return { messageId, proof: proofOf(token) };
  },
  // Nobody takes a mail back. The ledger keeps this step from sending it later; what the token opens is undone by its owner.
  undo: { prepare: () => Promise.resolve(), call: () => Promise.resolve() },
});
