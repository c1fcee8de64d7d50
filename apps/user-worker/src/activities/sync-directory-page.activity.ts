import type { Outbox } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import { Role, UserId, userContract } from '@adx/user-contract';
import { findDirectory } from '../adapters/directories.ts';
import { applyPage, takePageBack } from '../adapters/directory-changes.ts';
import type { AccessChange } from '../adapters/directory-changes.ts';
import { lockOwners } from '../adapters/owners.ts';
import { readDirectoryPage } from '../domain/directory-answer.ts';
import { directoryCall } from '../domain/directory-host.ts';
import { userActivities } from './user-activities.ts';

const { memberAccessChanged } = userContract.events;

export const syncDirectoryPage = userActivities.activity('syncDirectoryPage', {
  prepare: async ({ input: { directoryId }, tenantId, tx, fail }) => {
    const directory = await findDirectory(tx, { tenantId, directoryId });
    if (!directory) throw fail.DirectoryUnknown({ directoryId });
    return directory;
  },
  call: async ({ input: { page }, prepared, tenantId, directories, callExternal, fail }) => {
    const { body } = await callExternal(directoryCall(tenantId, prepared, page, directories));
    const answer = readDirectoryPage(body);
    if ('reason' in answer) throw fail.AnswerRefused({ page, reason: answer.reason });
    if (answer.page !== page) throw fail.WrongPage({ asked: page, got: answer.page });
    return answer.users;
  },
  apply: async ({ input, fetched: users, tenantId, operationId, tx, fail, outbox }) => {
    await lockOwners(tx);
    const { counts, access } = await applyPage(tx, { tenantId, operationId, ...input }, users);
    if ((await lockOwners(tx)).length === 0) throw fail.NoOwnerLeft({ page: input.page });
    tellOf(access, outbox);
    return counts;
  },
  undo: async ({ input: { page }, tenantId, operationId, tx, outbox }) => {
    await lockOwners(tx);
    tellOf(await takePageBack(tx, { tenantId, operationId, page }), outbox);
    // The owner whom the sync made may be the only one by now: a person has to name another one first.
    if ((await lockOwners(tx)).length === 0) {
      throw failure('UndoImpossible', 'the tenant would be left without an owner');
    }
  },
});

/** One each: changes of the same user must stay in their order, and a page has few. */
function tellOf(access: readonly AccessChange[], outbox: Outbox<typeof memberAccessChanged>): void {
  for (const { userId, role } of access) {
    const roles = role === null ? [] : [Role.parse(role)];
    outbox.emit(memberAccessChanged, { userId: UserId.parse(userId), roles }, { aggregate: `user/${userId}` });
  }
}
