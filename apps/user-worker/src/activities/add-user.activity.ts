import { randomUUID } from 'node:crypto';
import { accessRows } from '@adx/persistence';
import { UserId } from '@adx/user-contract';
import { userActivities } from './user-activities.ts';

export const addUser = userActivities.activity('addUser', {
  run: async ({ input, tenantId, tx, fail }) => {
    const userId = randomUUID();
    const { email, role } = input;
    const { count } = await tx.user.createMany({ data: [{ tenantId, userId, email, role }], skipDuplicates: true });
    if (count === 0) throw fail.EmailTaken({});
    await accessRows(tx).grantMember(userId, [role]);
    return { userId: UserId.parse(userId) };
  },
});
