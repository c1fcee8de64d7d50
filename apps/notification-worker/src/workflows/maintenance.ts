import { notificationContract } from '@adx/notification-contract';
import { maintenance } from '@adx/workflow-patterns';

export const { maintain, followFinding } = maintenance(notificationContract);
