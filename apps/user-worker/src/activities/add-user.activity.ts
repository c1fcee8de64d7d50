import { randomUUID } from 'node:crypto';
import { accessRows } from '@adx/persistence';
import { UserId, userContract } from '@adx/user-contract';
import { userActivities } from './user-activities.ts';

const { memberAccessChanged } = userContract.events;

export const addUser = userActivities.activity('addUser', {
  run: async ({ input, tenantId, tx, fail, outbox }) => {
    const userId = UserId.parse(randomUUID());
    const { email, role } = input;
    const { count } = await tx.user.createMany({ data: [{ tenantId, userId, email, role }], skipDuplicates: true });
    if (count === 0) throw fail.EmailTaken({});
    await accessRows(tx).grantMember(userId, [role]);
    outbox.emit(memberAccessChanged, { userId, roles: [role] }, { aggregate: `user/${userId}` });
    return { userId };
  },
});
