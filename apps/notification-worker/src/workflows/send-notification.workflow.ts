import { notificationContract } from '@adx/notification-contract';
import { standard } from '@adx/workflow-patterns';

const { workflows, activities } = notificationContract;

/** A message to a member of the tenant. */
export const sendNotification = standard(workflows.sendNotification, activities.writeNotification);
