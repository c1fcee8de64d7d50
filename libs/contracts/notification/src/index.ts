export { BroadcastFault, RECIPIENTS_PER_BATCH } from './broadcast.ts';
export { NotificationId } from './delivery.ts';
export { notificationContract } from './notification.contract.ts';
