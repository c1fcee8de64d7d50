import { randomUUID } from 'node:crypto';
import { accessRows } from '@adx/persistence';
import { UserId, userContract } from '@adx/user-contract';
import { userActivities } from './user-activities.ts';

const { memberAccessChanged } = userContract.events;

export const createOwner = userActivities.activity('createOwner', {
  run: async ({ input, tenantId, tx, fail, outbox }) => {
    const userId = UserId.parse(randomUUID());
    const { count } = await tx.user.createMany({
      data: [{ tenantId, userId, email: input.email, role: 'owner' }],
      skipDuplicates: true,
    });
    if (count === 0) throw fail.OwnerExists({});
    // Until the pivot says otherwise.
    await accessRows(tx).openTenant('pending');
    await accessRows(tx).grantMember(userId, ['owner']);
    outbox.emit(memberAccessChanged, { userId, roles: ['owner'] }, { aggregate: `user/${userId}` });
    return { ownerId: userId };
  },
  undo: async ({ output, tenantId, tx, outbox }) => {
    const userId = output.ownerId;
    await accessRows(tx).revokeMember(userId);
    await accessRows(tx).closeTenant();
    await tx.user.deleteMany({ where: { tenantId, userId } });
    outbox.emit(memberAccessChanged, { userId, roles: [] }, { aggregate: `user/${userId}` });
  },
});
