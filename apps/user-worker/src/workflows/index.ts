// What is exported here is what is registered.
export { deliverEvents } from '@adx/workflow-patterns';
