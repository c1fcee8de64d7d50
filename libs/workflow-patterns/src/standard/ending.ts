import { failure } from '@adx/contract-kit';
import type { Json } from '@adx/contract-kit';
import { CancelledFailure, isCancellation } from '@temporalio/workflow';
import type { TemporalFailure } from '@temporalio/workflow';
import { operationErrorOf } from '../operation-error.ts';
import { endStep } from '../operation.ts';
import type { Operation, StepRecord } from '../operation.ts';

/** What the owner's ledger says of an effect whose outcome nobody reported. */
export type Settlement = { readonly outcome: 'done'; readonly output: Json } | { readonly outcome: 'fenced' };

/**
 * How a process ends whose attempts did not succeed.
 *
 * @param settlement undefined when the ledger could not be asked
 * @returns the output, when the effect happened all the same
 * @throws CancelledFailure, or StandardFailed, StandardUnsettled with the operation's state as details
 */
export function endOf(
  operation: Operation,
  step: StepRecord,
  cause: TemporalFailure,
  settlement: Settlement | undefined,
): Json {
  if (settlement?.outcome === 'done') return settlement.output;
  const { state } = operation;
  state.error = operationErrorOf(cause);
  state.cancellable = false;
  endStep(step, 'failed', state.error);
  if (settlement && isCancellation(cause)) {
    operation.setStatus('cancelled');
    throw new CancelledFailure('cancelled on request, before the effect');
  }
  operation.setStatus('failed');
  const details = [state as unknown as Json];
  if (settlement) throw failure('StandardFailed', `${state.error.type}: the effect did not happen`, { cause, details });
  const message = `${state.error.type}: whether the effect happened is not known, its ledger did not answer`;
  state.error = { type: 'StandardUnsettled', message };
  throw failure('StandardUnsettled', message, { cause, details });
}
