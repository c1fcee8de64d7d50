import { accessRows } from '@adx/persistence';
import { userContract } from '@adx/user-contract';
import { lockOwners } from '../adapters/owners.ts';
import { isEmailTaken } from '../adapters/unique-email.ts';
import { isLastOwner } from '../domain/last-owner.ts';
import { userActivities } from './user-activities.ts';

const { memberAccessChanged } = userContract.events;

export const changeUser = userActivities.activity('changeUser', {
  run: async ({ input, tenantId, tx, fail, outbox }) => {
    const { userId, email, role } = input;
    if (role === 'member' && isLastOwner(userId, await lockOwners(tx))) throw fail.LastOwner({ userId });
    const data = { ...(email === undefined ? {} : { email }), ...(role === undefined ? {} : { role }) };
    // Not looked up before: only the unique key sees an address that somebody else is taking at this moment.
    const [user] = await tx.user.updateManyAndReturn({ where: { tenantId, userId }, data }).catch((error: unknown) => {
      throw isEmailTaken(error) ? fail.EmailTaken({}) : error;
    });
    if (!user) throw fail.UserNotFound({ userId });
    // Who is only invited gets the new role with the access, when the invitation is accepted.
    if (role !== undefined && user.status === 'active') {
      await accessRows(tx).grantMember(userId, [role]);
      outbox.emit(memberAccessChanged, { userId, roles: [role] }, { aggregate: `user/${userId}` });
    }
    return { userId };
  },
});
