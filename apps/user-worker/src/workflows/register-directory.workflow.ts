import { userContract } from '@adx/user-contract';
import { standard } from '@adx/workflow-patterns';

/** A directory that users may be taken from. */
export const registerDirectory = standard(
  userContract.workflows.registerDirectory,
  userContract.activities.addDirectory,
);
