import { accessRows } from '@adx/persistence';
import { userContract } from '@adx/user-contract';
import { lockOwners } from '../adapters/owners.ts';
import { isLastOwner } from '../domain/last-owner.ts';
import { userActivities } from './user-activities.ts';

const { memberAccessChanged } = userContract.events;

export const removeUser = userActivities.activity('removeUser', {
  run: async ({ input, tenantId, tx, fail, outbox }) => {
    const { userId } = input;
    if (isLastOwner(userId, await lockOwners(tx))) throw fail.LastOwner({ userId });
    const { count } = await tx.user.deleteMany({ where: { tenantId, userId } });
    if (count === 0) throw fail.UserNotFound({ userId });
    await tx.invitation.deleteMany({ where: { tenantId, userId } });
    await accessRows(tx).revokeMember(userId);
    outbox.emit(memberAccessChanged, { userId, roles: [] }, { aggregate: `user/${userId}` });
    return { userId };
  },
});
