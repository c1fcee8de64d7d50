// What is exported here is what is registered.
export { deliverEvents } from '@adx/workflow-patterns';
export { sendNotification } from './send-notification.workflow.ts';
