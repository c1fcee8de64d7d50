import { randomUUID } from 'node:crypto';
import { UserId } from '@adx/user-contract';
import { userActivities } from './user-activities.ts';

export const addInvitedUser = userActivities.activity('addInvitedUser', {
  run: async ({ input, tenantId, tx, fail }) => {
    const userId = UserId.parse(randomUUID());
    const { count } = await tx.user.createMany({
      data: [{ tenantId, userId, ...input, status: 'invited' }],
      skipDuplicates: true,
    });
    if (count === 0) throw fail.EmailTaken({});
    return { userId };
  },
  undo: async ({ output, tenantId, tx }) => {
    await tx.user.deleteMany({ where: { tenantId, userId: output.userId } });
  },
});
