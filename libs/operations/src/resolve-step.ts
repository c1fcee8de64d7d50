import { RESOLVE_STEP_UPDATE } from '@adx/contract-kit';
import type { Call, Resolution, ResolutionOutcome } from '@adx/contract-kit';
import type { Client } from '@temporalio/client';
import { OperationsError } from './operations-error.ts';
import { updateOperation } from './update-operation.ts';

/** A retry may take minutes; the caller sees it in the operation's state. */
const OUTCOME_MS = 15_000;

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
  const outcome = await updateOperation<ResolutionOutcome>(client, operationId, {
    name: RESOLVE_STEP_UPDATE,
    args: [resolution, call],
    updateId,
    withinMs,
    closed: 'the operation has ended: no step waits for an answer',
  });
  if (outcome === undefined || outcome.fingerprint === resolution.fingerprint) return outcome;
  throw new OperationsError('IdempotencyKeyReused', 'this Idempotency-Key was used before, with another answer');
}
