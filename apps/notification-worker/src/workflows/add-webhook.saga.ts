import { notificationContract } from '@adx/notification-contract';
import { saga } from '@adx/workflow-patterns';

const notification = notificationContract.activities;

/** An endpoint of the tenant. A saga of one step: who cancels it in time, or is told that it failed, has none. */
export const addWebhook = saga(
  notificationContract.workflows.addWebhook,
  (run, { url, secretName }) => run.step(notification.registerWebhook, { url, secretName }),
  { deadline: '5m' },
);
