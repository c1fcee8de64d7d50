import type { Out } from '@adx/contract-kit';
import { userContract } from '@adx/user-contract';
import type { UserTx } from '../adapters/database.ts';

/** A user as this service tells it. */
export type UserView = Out<typeof userContract.reads.getUser>;

type UserRow = NonNullable<Awaited<ReturnType<UserTx['user']['findFirst']>>>;

/** A row without what is nobody's business outside. */
export function userView({ userId, email, role, status, createdAt }: UserRow): UserView {
  return userContract.reads.getUser.output.parse({ userId, email, role, status, createdAt: createdAt.toISOString() });
}
