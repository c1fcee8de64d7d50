import { RESOLVE_STEP_UPDATE } from '@adx/contract-kit';
import type { Call, Resolution, ResolutionOutcome } from '@adx/contract-kit';
import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { OperationsError } from './operations-error.ts';
import { callTemporal, isUnavailable } from './temporal-calls.ts';

/** A retry may take minutes; the caller sees it in the operation's state. */
const OUTCOME_MS = 15_000;

/**
 * Answers a parked step. The same `updateId` gets the same outcome, however often it is sent.
 *
 * @returns undefined when the answer is taken and its outcome is not known yet
 * @throws ApplicationFailure `StepNotParked`, `ResolutionRefused`, `TenantAccessDenied`, ...: as the process refused it
 * @throws OperationsError `OperationClosed`, `IdempotencyKeyReused`, `TemporalUnavailable`
 */
export async function resolveStep(
  client: Client,
  operationId: string,
  request: { readonly resolution: Resolution; readonly call: Call; readonly updateId: string },
): Promise<ResolutionOutcome | undefined> {
  const { resolution, call, updateId } = request;
  const handle = client.workflow.getHandle(operationId);
  const update = () =>
    handle.executeUpdate<ResolutionOutcome, [Resolution, Call]>(RESOLVE_STEP_UPDATE, {
      args: [resolution, call],
      updateId,
    });
  try {
    const outcome = await callTemporal(client, update, OUTCOME_MS);
    if (outcome.fingerprint === resolution.fingerprint) return outcome;
    throw new OperationsError('IdempotencyKeyReused', 'this Idempotency-Key was used before, with another answer');
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw error.cause ?? error;
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return undefined;
    if (error instanceof OperationsError && error.code === 'OperationUnknown') {
      throw new OperationsError('OperationClosed', 'the operation has ended: no step waits for an answer');
    }
    if (error instanceof OperationsError && isUnavailable(error.cause)) throw error;
    throw error;
  }
}
