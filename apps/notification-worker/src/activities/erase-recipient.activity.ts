import { accessRows, eraseFromLedger } from '@adx/persistence';
import { notificationActivities } from './notification-activities.ts';

export const eraseRecipient = notificationActivities.activity('eraseRecipient', {
  run: async ({ input: { userId, operations }, tenantId, tx, operationId }) => {
    // The news of it may come later: from here on nothing is written to them.
    await accessRows(tx).projectMember(userId, []);
    await tx.notification.deleteMany({ where: { tenantId, userId } });
    await tx.broadcastFailure.deleteMany({ where: { tenantId, userId } });
    await tx.channel.deleteMany({ where: { tenantId, userId } });
    await eraseFromLedger(tx, { subject: userId, operationId, operations });
    return {};
  },
});
