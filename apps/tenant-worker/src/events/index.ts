import { implementEvents } from '@adx/activity-middleware';
import { accessRows } from '@adx/persistence';
import { tenantContract } from '@adx/tenant-contract';
import { userContract } from '@adx/user-contract';
import type { TenantTx } from '../adapters/database.ts';

/** What other services tell this one: who may act here. */
export const events = implementEvents<TenantTx>(tenantContract, (on) => [
  on(userContract.events.memberAccessChanged, ({ tx, payload: { userId, roles } }) => {
    const access = accessRows(tx);
    return roles.length > 0 ? access.grantMember(userId, roles) : access.revokeMember(userId);
  }),
]);
