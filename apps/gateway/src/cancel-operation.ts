import { CLOSED_STATUSES } from '@adx/contract-kit';
import type { Operations } from '@adx/operations';
import { HttpProblem, notFound } from './problem.ts';

/**
 * Asks an operation to undo its steps and end; asked again, it is the same answer.
 *
 * @throws HttpProblem 404 when there is none, 409 when it has ended or nothing interrupts it any more
 */
export async function cancelOperation(operations: Operations, operationId: string): Promise<void> {
  const view = await operations.get(operationId);
  if (!view) throw notFound();
  if (view.error?.type === 'Cancelled') return;
  if ((CLOSED_STATUSES as readonly string[]).includes(view.status)) {
    throw new HttpProblem(409, 'OperationClosed', `the operation has ended: ${view.status}`);
  }
  if (!view.stale && !view.cancellable) {
    throw new HttpProblem(409, 'NotCancellable', `the operation is ${view.status} and can no longer be cancelled`);
  }
  await operations.cancel(operationId);
}
