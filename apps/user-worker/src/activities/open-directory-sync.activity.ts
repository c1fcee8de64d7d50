import { DIRECTORY_PAGES_MAX } from '@adx/user-contract';
import { findDirectory, releaseDirectory, takeDirectory } from '../adapters/directories.ts';
import { readDirectoryPage } from '../domain/directory-answer.ts';
import { directoryCall } from '../domain/directory-host.ts';
import { userActivities } from './user-activities.ts';

export const openDirectorySync = userActivities.activity('openDirectorySync', {
  prepare: async ({ input, tenantId, tx, fail }) => {
    const directory = await findDirectory(tx, { tenantId, ...input });
    if (!directory) throw fail.DirectoryUnknown(input);
    return directory;
  },
  call: async ({ prepared, tenantId, directories, callExternal, fail }) => {
    const { body } = await callExternal(directoryCall(tenantId, prepared, 1, directories));
    const answer = readDirectoryPage(body);
    if ('reason' in answer) throw fail.AnswerRefused({ page: 1, reason: answer.reason });
    return answer.pages;
  },
  apply: async ({ input, fetched: pages, tenantId, operationId, tx, fail }) => {
    const most = DIRECTORY_PAGES_MAX;
    if (pages > most) throw fail.DirectoryTooLarge({ pages, most });
    const syncedBy = await takeDirectory(tx, { tenantId, operationId, ...input });
    if (syncedBy === undefined) throw fail.DirectoryUnknown(input);
    if (syncedBy !== operationId) throw fail.SyncRunning({ operationId: syncedBy });
    return { pages };
  },
  undo: ({ input, tenantId, operationId, tx }) => releaseDirectory(tx, { tenantId, operationId, ...input }),
});
