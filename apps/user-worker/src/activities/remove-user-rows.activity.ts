import { userActivities } from './user-activities.ts';

export const removeUserRows = userActivities.activity('removeUserRows', {
  prepare: () => Promise.resolve(),
  call: async ({ principal, operationId, removeRows }) => ({ rows: await removeRows(principal, operationId) }),
});
