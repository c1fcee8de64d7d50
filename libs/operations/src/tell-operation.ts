import { failure, parseOperationId } from '@adx/contract-kit';
import type { AnyWorkflowDefinition, Bound, Call } from '@adx/contract-kit';
import type { Client } from '@temporalio/client';
import type { z } from 'zod';
import { OperationsError } from './operations-error.ts';
import { updateOperation } from './update-operation.ts';

/** The check of a payload is tried for a minute at most; somebody who waits for the answer does not wait that long. */
const ANSWER_MS = 15_000;

/** What a process is told: something that its contract declares in `signals`. */
export interface TellRequest<D extends AnyWorkflowDefinition, N extends keyof D['signals'] & string> {
  readonly signal: N;
  readonly payload: z.input<D['signals'][N]>;
  /** Of whoever tells it, not of whoever started the process. */
  readonly principal: string;
  readonly traceparent?: string;
  /** The same id gets the same answer, however often it is sent, also when the operation has ended since. */
  readonly updateId: string;
  /** How long to wait for the answer; 15 s by default. */
  readonly withinMs?: number;
}

/** The process has it; what it makes of it, its state says. */
export interface Told {
  readonly taken: true;
}

/**
 * Tells a running process something, and hears whether it has it.
 *
 * @returns undefined when nobody knows yet: the same request may be repeated
 * @throws ApplicationFailure `InvalidInput` when the payload is not what the contract declares, `TenantAccessDenied` when
 *   the sender's signature is not good, `SignalRefused` when the process does not wait for it any more
 * @throws OperationsError `OperationUnknown`, `OperationClosed`, `WorkerUnavailable`, `TemporalUnavailable`
 */
export async function tellOperation<D extends AnyWorkflowDefinition & Bound, N extends keyof D['signals'] & string>(
  client: Client,
  definition: D,
  operationId: string,
  request: TellRequest<D, N>,
): Promise<Told | undefined> {
  const { signal, payload, principal, traceparent, updateId, withinMs = ANSWER_MS } = request;
  if (parseOperationId(operationId)?.workflowType !== definition.name) {
    throw new OperationsError('OperationUnknown', `there is no ${definition.name} of this id`);
  }
  // The process checks it as well: what is refused here only never gets into its history.
  const parsed = definition.signals[signal]!.safeParse(payload);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, code }) => `${path.join('.') || signal} (${code})`);
    throw failure('InvalidInput', `${definition.name} is told "${signal}" with faults: ${faults.join(', ')}`);
  }
  const call: Call = { operationId, principal, ...(traceparent === undefined ? {} : { traceparent }) };
  return updateOperation<Told>(client, operationId, {
    name: signal,
    args: [parsed.data, call],
    updateId,
    withinMs,
    closed: `the operation has ended: it is not told "${signal}" any more`,
  });
}
