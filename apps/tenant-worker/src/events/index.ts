import { implementEvents } from '@adx/activity-middleware';
import { accessRows } from '@adx/persistence';
import { tenantContract } from '@adx/tenant-contract';
import { userContract } from '@adx/user-contract';
import type { TenantTx } from '../adapters/database.ts';

/** What other services tell this one: who may act here. */
export const events = implementEvents<TenantTx>(tenantContract, (on) => [
  on(userContract.events.memberAccessChanged, async ({ tx, payload: { userId, roles } }) => {
    await accessRows(tx).projectMember(userId, roles);
    // Row security leaves the own tenant only.
    if (roles.length === 0) await tx.seat.deleteMany({ where: { userId } });
  }),
  on(userContract.events.membersAdded, ({ tx, payload: { userIds, role } }) =>
    accessRows(tx).projectNewMembers(userIds, role),
  ),
]);
