import { tenantActivities } from './tenant-activities.ts';

export const endProcesses = tenantActivities.activity('endProcesses', {
  prepare: () => Promise.resolve(),
  call: async ({ tenantId, endProcessesOf }) => ({ ended: await endProcessesOf(tenantId) }),
});
