import { OPERATION_STATE_QUERY } from '@adx/contract-kit';
import type { OperationState } from '@adx/contract-kit';
import { condition, continueAsNew, defineQuery, setHandler } from '@temporalio/workflow';

const STATE: OperationState = { status: 'cancelled', steps: [], cancellable: true };

/** Has said how it ended, and is not closed: what a caller may see between the last word and the server's record. */
export async function lingers(): Promise<void> {
  setHandler(defineQuery<OperationState>(OPERATION_STATE_QUERY), () => STATE);
  await condition(() => false);
}

/** Goes on as a new run, once. */
export async function goesOn(again = true): Promise<void> {
  if (again) await continueAsNew<typeof goesOn>(false);
}
