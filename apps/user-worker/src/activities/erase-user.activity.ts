import { accessRows, eraseFromLedger } from '@adx/persistence';
import { userContract } from '@adx/user-contract';
import { eraseAddress } from '../adapters/import-failures.ts';
import { lockOwners } from '../adapters/owners.ts';
import { isLastOwner } from '../domain/last-owner.ts';
import { userActivities } from './user-activities.ts';

const { memberAccessChanged } = userContract.events;

export const eraseUser = userActivities.activity('eraseUser', {
  run: async ({ input: { userId }, tenantId, tx, fail, outbox, operationId }) => {
    // Since they were held another owner may have gone.
    if (isLastOwner(userId, await lockOwners(tx))) throw fail.LastOwner({ userId });
    const user = await tx.user.findFirst({ where: { tenantId, userId } });
    if (user) await eraseAddress(tx, { tenantId, email: user.email });
    const where = { tenantId, userId };
    await tx.user.deleteMany({ where });
    await tx.invitation.deleteMany({ where });
    await tx.directorySyncChange.deleteMany({ where });
    await tx.erasure.deleteMany({ where });
    await accessRows(tx).revokeMember(userId);
    outbox.emit(memberAccessChanged, { userId, roles: [] }, { aggregate: `user/${userId}` });
    return { operations: await eraseFromLedger(tx, { subject: userId, operationId }) };
  },
});
