import { randomUUID } from 'node:crypto';
import { accessRows } from '@adx/persistence';
import { UserId } from '@adx/user-contract';
import { userActivities } from './user-activities.ts';

export const createOwner = userActivities.activity('createOwner', {
  run: async ({ input, tenantId, tx, fail }) => {
    const userId = randomUUID();
    const { count } = await tx.user.createMany({
      data: [{ tenantId, userId, email: input.email, role: 'owner' }],
      skipDuplicates: true,
    });
    if (count === 0) throw fail.OwnerExists({});
    await accessRows(tx).openTenant('active');
    await accessRows(tx).grantMember(userId, ['owner']);
    return { ownerId: UserId.parse(userId) };
  },
  undo: async ({ output, tenantId, tx }) => {
    await accessRows(tx).revokeMember(output.ownerId);
    await accessRows(tx).closeTenant();
    await tx.user.deleteMany({ where: { tenantId, userId: output.ownerId } });
  },
});
