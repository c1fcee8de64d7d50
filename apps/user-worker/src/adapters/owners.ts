import type { UserTx } from './database.ts';

/**
 * The owners of the tenant who can act, locked until the end of the transaction: of two that demote each other at the same moment,
 * the second one waits, and then sees itself as the last.
 */
export async function lockOwners(tx: UserTx): Promise<readonly string[]> {
  // The order keeps two such transactions from waiting for each other. Row security leaves the own tenant only.
  const rows = await tx.$queryRaw<{ user_id: string }[]>`
    select user_id from app_user where role = 'owner' and status = 'active' order by user_id for update`;
  return rows.map(({ user_id: userId }) => userId);
}
