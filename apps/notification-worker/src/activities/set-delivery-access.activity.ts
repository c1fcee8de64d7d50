import { accessRows } from '@adx/persistence';
import { notificationActivities } from './notification-activities.ts';

export const setDeliveryAccess = notificationActivities.activity('setDeliveryAccess', {
  run: async ({ input, tx }) => {
    const before = await accessRows(tx).tenantStatus();
    const { status, version } = input;
    await accessRows(tx).changeTenant(status, version);
    return { before, version };
  },
  undo: ({ output, tx }) => accessRows(tx).restoreTenant(output.before, output.version),
});
