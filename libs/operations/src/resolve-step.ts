import { RESOLVE_STEP_UPDATE } from '@adx/contract-kit';
import type { Call, Resolution, ResolutionOutcome } from '@adx/contract-kit';
import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { Client, WorkflowHandle, WorkflowUpdateHandle } from '@temporalio/client';
import { OperationsError } from './operations-error.ts';
import { callTemporal, isGone, isUnavailable } from './temporal-calls.ts';

/** A retry may take minutes; the caller sees it in the operation's state. */
const OUTCOME_MS = 15_000;
const SERVER_MS = 2_000;

/** An operator's answer to a parked step. */
export interface ResolveRequest {
  readonly resolution: Resolution;
  readonly call: Call;
  /** The same id gets the same outcome, however often it is sent. */
  readonly updateId: string;
  /** How long to wait for the outcome of an answer that was taken; 15 s by default. */
  readonly withinMs?: number;
}

/**
 * Answers a parked step.
 *
 * @returns undefined when the answer is taken and its outcome is not known yet
 * @throws ApplicationFailure `StepNotParked`, `ResolutionRefused`, `TenantAccessDenied`, ...: as the process refused it
 * @throws OperationsError `OperationClosed`, `OperationUnknown`, `IdempotencyKeyReused`, `WorkerUnavailable`,
 *   `TemporalUnavailable`
 */
export async function resolveStep(
  client: Client,
  operationId: string,
  { resolution, call, updateId, withinMs = OUTCOME_MS }: ResolveRequest,
): Promise<ResolutionOutcome | undefined> {
  const handle = client.workflow.getHandle(operationId);
  const send = () =>
    handle.startUpdate<ResolutionOutcome, [Resolution, Call]>(RESOLVE_STEP_UPDATE, {
      args: [resolution, call],
      updateId,
      waitForStage: 'ACCEPTED',
    });
  const accepted = await callTemporal(client, send).catch(async (error: unknown) => {
    if (isUnavailable(error)) throw await unattended(client, handle, error);
    if (!(error instanceof OperationsError && error.code === 'OperationUnknown')) throw error;
    // To the server one that has ended is not there any more; one that never was is found out by asking.
    await callTemporal(client, () => handle.describe());
    // The answer itself may have ended it, and its own reply was lost.
    return handle.getUpdateHandle<ResolutionOutcome>(updateId);
  });
  const outcome = await outcomeOf(client, accepted, withinMs);
  if (outcome === undefined || outcome.fingerprint === resolution.fingerprint) return outcome;
  throw new OperationsError('IdempotencyKeyReused', 'this Idempotency-Key was used before, with another answer');
}

async function outcomeOf(
  client: Client,
  accepted: WorkflowUpdateHandle<ResolutionOutcome>,
  withinMs: number,
): Promise<ResolutionOutcome | undefined> {
  try {
    return await client.connection.withDeadline(Date.now() + withinMs, () => accepted.result());
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw error.cause ?? error;
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isUnavailable(error)) return undefined;
    if (isGone(error))
      throw new OperationsError('OperationClosed', 'the operation has ended: no step waits for an answer');
    throw error;
  }
}

/**
 * The server waits for a worker before it accepts an answer. When it is there itself, that is what took too long.
 *
 * @throws OperationsError `TemporalUnavailable`
 */
async function unattended(client: Client, handle: WorkflowHandle, cause: unknown): Promise<OperationsError> {
  await callTemporal(client, () => handle.describe(), SERVER_MS);
  return new OperationsError('WorkerUnavailable', 'no worker of the process took the answer; repeat it', { cause });
}
