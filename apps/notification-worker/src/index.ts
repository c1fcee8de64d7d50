export { notificationService } from './service.ts';
