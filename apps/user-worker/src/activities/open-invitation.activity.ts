import { userActivities } from './user-activities.ts';

export const openInvitation = userActivities.activity('openInvitation', {
  run: async ({ input, tenantId, tx, fail, operationId }) => {
    const { userId, proof } = input;
    const user = await tx.user.findFirst({ where: { tenantId, userId, status: 'invited' } });
    if (!user) throw fail.InvitationGone({});
    await tx.invitation.create({ data: { tenantId, operationId, userId, tokenHash: proof } });
    return {};
  },
  undo: async ({ tenantId, tx, operationId }) => {
    await tx.invitation.deleteMany({ where: { tenantId, operationId } });
  },
});
