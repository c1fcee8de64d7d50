import { implementEvents } from '@adx/activity-middleware';
import { notificationContract } from '@adx/notification-contract';
import { accessRows } from '@adx/persistence';
import { tenantContract } from '@adx/tenant-contract';
import { userContract } from '@adx/user-contract';
import type { NotificationTx } from '../adapters/database.ts';
import { writeNotice } from '../adapters/notices.ts';
import { progressNotice } from '../domain/progress-notice.ts';

/** What other services tell this one: who may act here, and what somebody waits for. */
export const events = implementEvents<NotificationTx>(notificationContract, (on) => [
  on(tenantContract.events.tenantAccessChanged, ({ tx, payload }) =>
    accessRows(tx).changeTenant(payload.status, payload.version),
  ),
  on(userContract.events.memberAccessChanged, ({ tx, payload: { userId, roles } }) =>
    accessRows(tx).projectMember(userId, roles),
  ),
  on(userContract.events.membersAdded, ({ tx, payload: { userIds, role } }) =>
    accessRows(tx).projectNewMembers(userIds, role),
  ),
  on(
    userContract.events.importProgressed,
    ({ tx, tenantId, payload: { startedBy, imported, failed, total, ...how } }) =>
      writeNotice(tx, {
        tenantId,
        userId: startedBy,
        ...progressNotice('import', how, `Of ${total} rows ${imported} became users, and ${failed} failed.`),
      }),
  ),
]);
