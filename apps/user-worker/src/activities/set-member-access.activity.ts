import { accessRows } from '@adx/persistence';
import { userActivities } from './user-activities.ts';

export const setMemberAccess = userActivities.activity('setMemberAccess', {
  run: async ({ input, tx }) => {
    const before = await accessRows(tx).tenantStatus();
    const { status, version } = input;
    await accessRows(tx).changeTenant(status, version);
    return { before, version };
  },
  undo: ({ output, tx }) => accessRows(tx).restoreTenant(output.before, output.version),
});
