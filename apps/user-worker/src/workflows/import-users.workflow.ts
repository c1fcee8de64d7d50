import { userContract } from '@adx/user-contract';
import { longRunning } from '@adx/workflow-patterns';

const user = userContract.activities;

/** Where a batch begins and its range ends, as `openImport` and the batches say it. */
interface Range {
  readonly after: number;
  readonly upTo: number;
}

/** The users of an uploaded file, 5,000 at a time; rows that cannot become one are on record. */
export const importUsers = longRunning(userContract.workflows.importUsers, {
  // More lanes are no faster: all users of a tenant go into the same two indexes.
  open: { activity: user.openImport, input: ({ importId }) => ({ importId, lanes: 1 }) },
  batch: {
    activity: user.importBatch,
    size: 5_000,
    input: ({ importId }, { cursor, size }) => ({ importId, range: cursor as unknown as Range, size }),
  },
  setAside: {
    activity: user.setImportBatchAside,
    input: ({ importId }, { cursor, size }, because) => ({
      importId,
      range: cursor as unknown as Range,
      size,
      because,
    }),
  },
  close: { activity: user.closeImport, input: ({ importId }, ending) => ({ importId, ending }) },
  notice: { every: { percent: 10 } },
  // A batch is a second of work: fairness between tenants is the queue's, which has a key for each.
  rest: false,
});
