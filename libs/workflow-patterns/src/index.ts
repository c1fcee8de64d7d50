export { deliverEvents } from './deliver-events.ts';
export { saga } from './saga/saga.ts';
export type { SagaOptions } from './saga/saga.ts';
export { SagaMisuse } from './saga/saga-misuse.ts';
export type { BoundWorkflow, UndoableWorkflow } from './saga/child.ts';
export type { Live, SagaRun } from './saga/saga-run.ts';
export type { BoundActivity, Outcome } from './saga/step.ts';
export { standard } from './standard/standard.ts';
