import { userActivities } from './user-activities.ts';

export const findAddress = userActivities.activity('findAddress', {
  run: async ({ input: { userId }, tenantId, tx, fail }) => {
    const user = await tx.user.findFirst({ where: { tenantId, userId } });
    if (!user) throw fail.UserNotFound({ userId });
    return { email: user.email };
  },
});
