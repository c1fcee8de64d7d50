import type { ReadHandlers } from '@adx/activity-middleware';
import type { userContract } from '@adx/user-contract';
import type { UserTx } from '../adapters/database.ts';
import { userView } from './user-view.ts';

type ListUsers = ReadHandlers<typeof userContract, UserTx>['listUsers'];

export const listUsers: ListUsers = async ({ input, tenantId, tx }) => {
  const { limit, after } = input;
  const rows = await tx.user.findMany({
    where: { tenantId, ...(after === undefined ? {} : { userId: { gt: after } }) },
    orderBy: { userId: 'asc' },
    take: limit + 1,
  });
  const users = rows.slice(0, limit).map(userView);
  const last = users.at(-1);
  return { users, ...(rows.length > limit && last ? { next: last.userId } : {}) };
};
