import { notificationActivities } from './notification-activities.ts';

export const removeNotificationRows = notificationActivities.activity('removeNotificationRows', {
  prepare: () => Promise.resolve(),
  call: async ({ principal, operationId, removeRows }) => ({ rows: await removeRows(principal, operationId) }),
});
