import { failure, rootFailure } from '@adx/contract-kit';
import type { FailureType, Json, OperationStatus } from '@adx/contract-kit';
import { ApplicationFailure, CancelledFailure } from '@temporalio/workflow';
import type { SagaProgress } from './saga-progress.ts';

/**
 * Sets the status of a saga that got through: a tail, or the undo of an optional step, that a person skipped is not
 * claimed to have happened.
 */
export function complete({ operation }: SagaProgress): void {
  const skipped = operation.state.steps.some(({ status, undo }) => status === 'skipped' || undo === 'skipped');
  operation.setStatus(skipped ? 'completed-with-errors' : 'completed');
}

/** Sets the status of a saga that did not, and gives the failure to end it with: never a success with a sad field. */
export function fail(progress: SagaProgress): Error {
  const { operation, failure: cause } = progress;
  const [status, type] = verdict(progress);
  operation.setStatus(status);
  if (status === 'cancelled') return new CancelledFailure('cancelled on request; every attempted step is undone');
  return failure(type, `${operation.state.error?.type}: ${MEANING[type]}`, {
    ...(cause ? { cause } : {}),
    details: [operation.state as unknown as Json],
  });
}

type Ending = Extract<FailureType, `Saga${string}`>;

const MEANING: Record<Ending, string> = {
  SagaCompensated: 'every attempted step is undone',
  SagaPartlyCompensated: 'a person decided to leave at least one step as it is',
  SagaTimedOut: 'every attempted step is undone',
  SagaFailed: 'effects are left behind, the steps say which',
  SagaAlreadyUndone: 'this operation was undone before; start a new one',
};

function verdict({ operation, interrupted, failure: cause, phase, gaveUp }: SagaProgress): [OperationStatus, Ending] {
  const root = rootFailure(cause);
  if (gaveUp || phase === 'pivoted') return ['failed', 'SagaFailed'];
  if (operation.state.steps.some(({ undo }) => undo === 'skipped')) {
    return ['partly-compensated', 'SagaPartlyCompensated'];
  }
  if (root instanceof ApplicationFailure && root.type === 'StepFenced') return ['failed', 'SagaAlreadyUndone'];
  if (interrupted === 'timed-out') return ['timed-out', 'SagaTimedOut'];
  // Temporal closes a run as cancelled, which takes no typed failure; the table needs one all the same.
  if (interrupted === 'cancelled') return ['cancelled', 'SagaCompensated'];
  return ['compensated', 'SagaCompensated'];
}
