import { accessRows } from '@adx/persistence';
import { notificationActivities } from './notification-activities.ts';

export const openBroadcast = notificationActivities.activity('openBroadcast', {
  run: async ({ input, tenantId, operationId, tx }) => {
    // The members are the user service's to tell; here it is about a percentage.
    const total = await accessRows(tx).countMembers();
    const { createdAt } = await tx.broadcast.create({
      data: { tenantId, operationId, ...input, total },
      select: { createdAt: true },
    });
    return { total, processed: 0, failed: 0, lanes: [{ joinedBy: createdAt.toISOString(), after: null }] };
  },
});
