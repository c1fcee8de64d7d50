export { BroadcastFault, RECIPIENTS_PER_BATCH } from './broadcast.ts';
export { NotificationId, UserId } from './delivery.ts';
export { notificationContract } from './notification.contract.ts';
