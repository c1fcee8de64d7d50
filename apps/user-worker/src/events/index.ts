import { implementEvents } from '@adx/activity-middleware';
import { accessRows } from '@adx/persistence';
import { tenantContract } from '@adx/tenant-contract';
import { userContract } from '@adx/user-contract';
import type { UserTx } from '../adapters/database.ts';

/** What other services tell this one: who may act here. */
export const events = implementEvents<UserTx>(userContract, (on) => [
  on(tenantContract.events.tenantAccessChanged, ({ tx, payload }) =>
    accessRows(tx).changeTenant(payload.status, payload.version),
  ),
]);
