export { NotificationId, notificationContract } from './notification.contract.ts';
