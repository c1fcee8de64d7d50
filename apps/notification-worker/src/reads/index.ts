import { implementReads } from '@adx/activity-middleware';
import { notificationContract } from '@adx/notification-contract';
import type { NotificationTx } from '../adapters/database.ts';
import { listNotifications } from './list-notifications.read.ts';

export const reads = implementReads<typeof notificationContract, NotificationTx>(notificationContract, {
  listNotifications,
});
