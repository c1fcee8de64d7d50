import { userContract } from '@adx/user-contract';
import { standard } from '@adx/workflow-patterns';

/** A user of the tenant, who can act from then on. */
export const createUser = standard(userContract.workflows.createUser, userContract.activities.addUser);
