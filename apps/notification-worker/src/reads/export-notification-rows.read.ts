import type { ReadHandlers } from '@adx/activity-middleware';
import type { notificationContract } from '@adx/notification-contract';
import { exportTenantRows as exportRows } from '@adx/persistence';
import type { NotificationTx } from '../adapters/database.ts';

type ExportNotificationRows = ReadHandlers<typeof notificationContract, NotificationTx>['exportNotificationRows'];

export const exportNotificationRows: ExportNotificationRows = async ({ input, tx }) => ({
  rows: await exportRows(tx, input),
});
