import type { ReadHandlers } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import type { userContract } from '@adx/user-contract';
import type { UserTx } from '../adapters/database.ts';
import { userView } from './user-view.ts';

type GetUser = ReadHandlers<typeof userContract, UserTx>['getUser'];

export const getUser: GetUser = async ({ input, tenantId, tx }) => {
  const row = await tx.user.findFirst({ where: { tenantId, userId: input.userId } });
  if (!row) throw failure('NotFound', 'no such user');
  return userView(row);
};
