import { releaseDirectory, takeDirectory } from '../adapters/directories.ts';
import { userActivities } from './user-activities.ts';

export const closeDirectorySync = userActivities.activity('closeDirectorySync', {
  run: async ({ input, tenantId, operationId, tx }) => {
    await releaseDirectory(tx, { tenantId, operationId, ...input });
    return {};
  },
  // The pages are undone after it: another sync should not come between, if none has yet.
  undo: async ({ input, tenantId, operationId, tx }) => {
    await takeDirectory(tx, { tenantId, operationId, ...input });
  },
});
