// What is exported here is what is registered.
export { importUsers } from './import-users.workflow.ts';
