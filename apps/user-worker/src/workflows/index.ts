// What is exported here is what is registered.
export { createUser } from './create-user.workflow.ts';
export { deleteUser } from './delete-user.workflow.ts';
export { deliverEvents } from '@adx/workflow-patterns';
export { followFinding, maintain } from './maintenance.ts';
export { importUsers } from './import-users.workflow.ts';
export { inviteUser } from './invite-user.saga.ts';
export { registerDirectory } from './register-directory.workflow.ts';
export { syncDirectory } from './sync-directory.workflow.ts';
export { updateUser } from './update-user.workflow.ts';
