export { NotificationId } from './delivery.ts';
export { notificationContract } from './notification.contract.ts';
