import { accessRows } from '@adx/persistence';
import { Role, UserId, userContract } from '@adx/user-contract';
import { isSameProof } from '../domain/token-proof.ts';
import { userActivities } from './user-activities.ts';

const { memberAccessChanged } = userContract.events;

export const activateUser = userActivities.activity('activateUser', {
  run: async ({ input, tenantId, tx, fail, outbox, operationId }) => {
    const invitation = await tx.invitation.findFirst({ where: { tenantId, operationId } });
    if (!invitation || !isSameProof(invitation.tokenHash, input.proof)) throw fail.InvitationGone({});
    const userId = UserId.parse(invitation.userId);
    // Together with the row that says who it is: its owner may be changing the role, or removing the user.
    const [user] = await tx.user.updateManyAndReturn({
      where: { tenantId, userId, status: 'invited' },
      data: { status: 'active' },
    });
    if (!user) throw fail.InvitationGone({});
    const roles = [Role.parse(user.role)];
    await tx.invitation.updateMany({ where: { tenantId, operationId }, data: { acceptedAt: new Date() } });
    await accessRows(tx).grantMember(userId, roles);
    outbox.emit(memberAccessChanged, { userId, roles }, { aggregate: `user/${userId}` });
    return { userId };
  },
});
