import { accessRows } from '@adx/persistence';
import { notificationActivities } from './notification-activities.ts';

export const setDeliveryAccess = notificationActivities.activity('setDeliveryAccess', {
  run: async ({ input, tx }) => {
    const before = await accessRows(tx).tenantStatus();
    await accessRows(tx).openTenant(input.status);
    return { before };
  },
  undo: ({ output, tx }) => accessRows(tx).restoreTenant(output.before),
});
