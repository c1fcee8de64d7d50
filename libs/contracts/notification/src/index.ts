export { notificationContract } from './notification.contract.ts';
