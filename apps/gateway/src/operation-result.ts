import { CLOSED_STATUSES, statusOfFailure } from '@adx/contract-kit';
import type { OperationView } from '@adx/operations';
import { HttpProblem } from './problem.ts';

/**
 * The answer to a caller who waited for the end.
 *
 * @returns undefined while it has not ended
 * @throws HttpProblem: the one the operation ended with
 */
export function resultOrProblem(view: OperationView): OperationView | undefined {
  if (!(CLOSED_STATUSES as readonly string[]).includes(view.status)) return undefined;
  if (view.status === 'completed' || view.status === 'completed-with-errors') return view;
  const { operationId, status: operationStatus, error } = view;
  const type = error?.type ?? 'InternalError';
  throw new HttpProblem(
    statusOfEnding(operationStatus, type),
    type,
    `${operationStatus}: ${error?.message ?? 'without a reason'}`,
    {
      operationId,
      operationStatus,
      ...(error?.details === undefined ? {} : { details: error.details }),
    },
  );
}

function statusOfEnding(status: OperationView['status'], type: string): number {
  if (status === 'timed-out') return 504;
  if (status === 'cancelled') return 409;
  const code = statusOfFailure(type);
  // "Try again later" would be a lie: the same key finds this very operation, and it has ended.
  return code === 503 ? 500 : code;
}
