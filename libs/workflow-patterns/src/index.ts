export { saga } from './saga/saga.ts';
export type { SagaOptions } from './saga/saga.ts';
export { SagaMisuse } from './saga/saga-misuse.ts';
export type { BoundActivity, Live, SagaRun } from './saga/saga-run.ts';
export { standard } from './standard/standard.ts';
