import { tenantActivities } from './tenant-activities.ts';

export const destroyKeys = tenantActivities.activity('destroyKeys', {
  prepare: () => Promise.resolve(),
  call: async ({ tenantId, endProcessesOf, destroyKeysOf }) => {
    // What has begun since the others were ended, by a row of an outbox, would try for ever to read its own history.
    await endProcessesOf(tenantId);
    return { versions: await destroyKeysOf(tenantId) };
  },
});
