import { userContract } from '@adx/user-contract';
import { standard } from '@adx/workflow-patterns';

/** A user less, who can act no longer. */
export const deleteUser = standard(userContract.workflows.deleteUser, userContract.activities.removeUser);
