import { tenantActivities } from './tenant-activities.ts';

export const removeTenantRows = tenantActivities.activity('removeTenantRows', {
  prepare: () => Promise.resolve(),
  call: async ({ principal, operationId, removeRows }) => ({ rows: await removeRows(principal, operationId) }),
});
