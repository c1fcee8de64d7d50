// What is exported here is what is registered.
export { addWebhook } from './add-webhook.saga.ts';
export { broadcast } from './broadcast.workflow.ts';
export { deliverEvents } from '@adx/workflow-patterns';
export { deliverNotification } from './deliver-notification.saga.ts';
export { followFinding, maintain } from './maintenance.ts';
export { sendNotification } from './send-notification.workflow.ts';
export { watchAttention } from './watch-attention.saga.ts';
