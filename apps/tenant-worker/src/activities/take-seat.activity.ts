import { tenantActivities } from './tenant-activities.ts';

export const takeSeat = tenantActivities.activity('takeSeat', {
  run: async ({ input, tenantId, tx }) => {
    // None when the user was removed since.
    await tx.seat.updateMany({ where: { tenantId, userId: input.userId }, data: { takenAt: new Date() } });
    return {};
  },
});
