import { userContract } from '@adx/user-contract';
import { resilient } from '@adx/workflow-patterns';

const { openDirectorySync, syncDirectoryPage, closeDirectorySync } = userContract.activities;

/** The users of a directory, page by page; a page that cannot be had is left out, and the result says so. */
export const syncDirectory = resilient(
  userContract.workflows.syncDirectory,
  {
    steps: { openDirectorySync, syncDirectoryPage, closeDirectorySync },
    policy: {
      // Mistakes of the caller: the operation ends with the error, and nobody is called.
      DirectoryUnknown: 'compensate',
      DirectoryTooLarge: 'compensate',
      SyncRunning: 'compensate',
      // The next sync may get it right; the other pages are good in themselves.
      AnswerRefused: 'set-aside',
      // A cache that is behind catches up.
      WrongPage: { retry: 2, then: 'set-aside' },
      // A page that is as good as the others and must not be applied: a person knows who is to be owner.
      NoOwnerLeft: 'escalate',
      // A token that ran out, an address that moved: once that is mended, it goes on from here.
      ExternalApiRefused: 'escalate',
    },
    deadline: '7d',
  },
  async (run, { directoryId }) => {
    const { pages } = await run.step(openDirectorySync, { directoryId });
    const result = { pages, skipped: 0, created: 0, changed: 0, unchanged: 0 };
    for (let page = 1; page <= pages; page += 1) {
      const synced = await run.optional(syncDirectoryPage, { directoryId, page });
      if (!synced.ok) result.skipped += 1;
      else for (const what of ['created', 'changed', 'unchanged'] as const) result[what] += synced.output[what];
    }
    await run.step(closeDirectorySync, { directoryId });
    return result;
  },
);
