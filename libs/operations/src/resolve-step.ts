import { RESOLVE_STEP_UPDATE } from '@adx/contract-kit';
import type { Call, Resolution, ResolutionOutcome } from '@adx/contract-kit';
import {
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcDeadlineError,
} from '@temporalio/client';
import type { Client, WorkflowUpdateHandle } from '@temporalio/client';
import { tellRunning } from './closed-operation.ts';
import { OperationsError } from './operations-error.ts';
import { isGone, isUnavailable } from './temporal-calls.ts';

/** A retry may take minutes; the caller sees it in the operation's state. */
const OUTCOME_MS = 15_000;

/** An operator's answer to a parked step. */
export interface ResolveRequest {
  readonly resolution: Resolution;
  readonly call: Call;
  /** The same id gets the same outcome, however often it is sent. */
  readonly updateId: string;
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
  { resolution, call, updateId }: ResolveRequest,
): Promise<ResolutionOutcome | undefined> {
  const handle = client.workflow.getHandle(operationId);
  const send = () =>
    handle.startUpdate<ResolutionOutcome, [Resolution, Call]>(RESOLVE_STEP_UPDATE, {
      args: [resolution, call],
      updateId,
      waitForStage: 'ACCEPTED',
    });
  const accepted = await tellRunning(client, operationId, send).catch((error: unknown) => {
    if (!isClosed(error)) throw unattended(error);
    // The answer itself may have ended the operation, and its own reply was lost.
    return handle.getUpdateHandle<ResolutionOutcome>(updateId);
  });
  const outcome = await outcomeOf(client, accepted);
  if (outcome === undefined || outcome.fingerprint === resolution.fingerprint) return outcome;
  throw new OperationsError('IdempotencyKeyReused', 'this Idempotency-Key was used before, with another answer');
}

async function outcomeOf(
  client: Client,
  accepted: WorkflowUpdateHandle<ResolutionOutcome>,
): Promise<ResolutionOutcome | undefined> {
  try {
    return await client.connection.withDeadline(Date.now() + OUTCOME_MS, () => accepted.result());
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw error.cause ?? error;
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isUnavailable(error)) return undefined;
    if (isGone(error))
      throw new OperationsError('OperationClosed', 'the operation has ended: no step waits for an answer');
    throw error;
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof OperationsError && error.code === 'OperationClosed';
}

/** The server waits for a worker before it accepts: when that is what took too long, the server is not to blame. */
function unattended(error: unknown): unknown {
  const cause = error instanceof OperationsError ? error.cause : undefined;
  if (!(cause instanceof WorkflowUpdateRPCTimeoutOrCancelledError) || !isGrpcDeadlineError(cause.cause)) return error;
  return new OperationsError('WorkerUnavailable', 'no worker of the process took the answer; repeat it', { cause });
}
