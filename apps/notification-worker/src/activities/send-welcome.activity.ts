import { notificationActivities } from './notification-activities.ts';

export const sendWelcome = notificationActivities.activity('sendWelcome', {
  prepare: async ({ input, tenantId, tx }) => {
    const channel = await tx.channel.findFirstOrThrow({ where: { tenantId, userId: input.userId, kind: 'email' } });
    return { address: channel.address };
  },
  call: async ({ input, prepared, key, mailer }) => {
    // A repeated delivery carries the same id: servers and mailboxes tell the two as one.
    const messageId = `<${key}@adx.example>`;
    await mailer.send({
      to: prepared.address,
      subject: `Welcome to ${input.tenantName}`,
      text: `Your organisation ${input.tenantName} is ready. You are its owner.\n`,
      messageId,
    });
    return { messageId };
  },
});
