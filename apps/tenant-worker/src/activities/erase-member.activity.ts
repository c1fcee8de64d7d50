import { accessRows, eraseFromLedger } from '@adx/persistence';
import { tenantActivities } from './tenant-activities.ts';

export const eraseMember = tenantActivities.activity('eraseMember', {
  run: async ({ input: { userId, operations }, tenantId, tx, operationId }) => {
    await accessRows(tx).projectMember(userId, []);
    await tx.seat.deleteMany({ where: { tenantId, userId } });
    await tx.tenant.updateMany({ where: { tenantId, ownerId: userId }, data: { ownerId: null } });
    await eraseFromLedger(tx, { subject: userId, operationId, operations });
    return {};
  },
});
