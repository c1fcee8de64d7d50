export { longRunning } from './long-running/long-running.ts';
export { LongRunningMisuse } from './long-running/long-running-misuse.ts';
export type { BatchOutcome, BatchPlace, Ending, LongRunningPlan, Opened, Totals } from './long-running/plan.ts';
export { saga } from './saga/saga.ts';
export type { SagaOptions } from './saga/saga.ts';
export { SagaMisuse } from './saga/saga-misuse.ts';
export type { BoundActivity, Live, SagaRun } from './saga/saga-run.ts';
