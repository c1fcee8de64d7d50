import { accessRows } from '@adx/persistence';
import { lockOwners } from '../adapters/owners.ts';
import { isLastOwner } from '../domain/last-owner.ts';
import { userActivities } from './user-activities.ts';

export const holdSubject = userActivities.activity('holdSubject', {
  run: async ({ input: { userId }, tenantId, tx, fail, operationId }) => {
    const user = await tx.user.findFirst({ where: { tenantId, userId } });
    if (!user) throw fail.UserNotFound({ userId });
    if (user.status === 'invited') throw fail.SubjectInvited({ userId });
    if (isLastOwner(userId, await lockOwners(tx))) throw fail.LastOwner({ userId });
    const { count } = await tx.erasure.createMany({ data: [{ tenantId, userId, operationId }], skipDuplicates: true });
    if (count === 0) throw fail.SubjectHeld({ userId });
    // Without roles, and not without a row: nobody waits for news of them.
    await accessRows(tx).grantMember(userId, []);
    return {};
  },
  undo: async ({ input: { userId }, tenantId, tx }) => {
    await tx.erasure.deleteMany({ where: { tenantId, userId } });
    // Whoever removed them or changed their role meanwhile has the last word.
    const user = await tx.user.findFirst({ where: { tenantId, userId } });
    if (user) await accessRows(tx).grantMember(userId, [user.role]);
  },
});
