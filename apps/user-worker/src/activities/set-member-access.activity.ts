import { accessRows } from '@adx/persistence';
import { userActivities } from './user-activities.ts';

export const setMemberAccess = userActivities.activity('setMemberAccess', {
  run: async ({ input, tx }) => {
    const before = await accessRows(tx).tenantStatus();
    await accessRows(tx).openTenant(input.status);
    return { before };
  },
  undo: ({ output, tx }) => accessRows(tx).restoreTenant(output.before),
});
