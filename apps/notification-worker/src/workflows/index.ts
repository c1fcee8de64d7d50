// What is exported here is what is registered.
export { sendNotification } from './send-notification.workflow.ts';
