import { userContract } from '@adx/user-contract';
import { standard } from '@adx/workflow-patterns';

/** Another address or another role for a user. */
export const updateUser = standard(userContract.workflows.updateUser, userContract.activities.changeUser);
