import { isDeclaredErrorType, rootFailure } from '@adx/contract-kit';
import type { Json, OperationError } from '@adx/contract-kit';
import { ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';

/** A failure as the operation state shows it: the innermost cause, where the type is. */
export function operationErrorOf(error: unknown): OperationError {
  const root = rootFailure(error);
  if (root instanceof ApplicationFailure) {
    const type = root.type ?? 'UnexpectedError';
    const details = root.details?.[0] as Json | undefined;
    return {
      type,
      message: root.message,
      ...(details !== undefined && isDeclaredErrorType(type) ? { details } : {}),
    };
  }
  if (root instanceof TimeoutFailure) {
    return { type: 'StepTimedOut', message: `no attempt answered in time (${root.timeoutType})` };
  }
  if (root instanceof CancelledFailure) return { type: 'Cancelled', message: 'cancelled on request' };
  return { type: root instanceof Error ? root.name : 'UnexpectedError', message: 'the step ended without a reason' };
}
