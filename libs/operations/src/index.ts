export type { OperationFilter, OperationPage, OperationSummary } from './list-operations.ts';
export type { OperationView } from './operation-view.ts';
export { createOperations } from './operations.ts';
export type { Operations } from './operations.ts';
export { OperationsError } from './operations-error.ts';
export type { OperationsErrorCode } from './operations-error.ts';
export type { ResolveRequest } from './resolve-step.ts';
export { fingerprintOf } from './start-operation.ts';
export type { Started, StartRequest } from './start-operation.ts';
