import { UserId } from '@adx/user-contract';
import { userActivities } from './user-activities.ts';

export const listMembers = userActivities.activity('listMembers', {
  run: async ({ input: { joinedBy, after, limit }, tenantId, tx }) => {
    const rows = await tx.user.findMany({
      where: {
        tenantId,
        status: 'active',
        createdAt: { lte: joinedBy },
        ...(after === null ? {} : { userId: { gt: after } }),
      },
      orderBy: { userId: 'asc' },
      take: limit + 1,
      select: { userId: true },
    });
    const userIds = rows.slice(0, limit).map(({ userId }) => UserId.parse(userId));
    return { userIds, next: rows.length > limit ? userIds.at(-1)! : null };
  },
});
