import type { Json } from '@adx/contract-kit';
import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { Client, WorkflowHandle, WorkflowUpdateHandle } from '@temporalio/client';
import { OperationsError } from './operations-error.ts';
import { callTemporal, isGone, isUnavailable } from './temporal-calls.ts';

const SERVER_MS = 2_000;

/** A message to a running process that is answered. */
export interface OperationUpdate {
  readonly name: string;
  readonly args: [message: unknown, call: unknown];
  /** The same id gets the same answer, however often it is sent, also when the operation has ended since. */
  readonly updateId: string;
  /** How long to wait for the answer to what was taken. */
  readonly withinMs: number;
  /** What it says of one that has ended. */
  readonly closed: string;
}

/**
 * Sends an Update and waits for its answer.
 *
 * @returns undefined when it is taken and its answer is not known yet
 * @throws what the process refused it with
 * @throws OperationsError `OperationClosed`, `OperationUnknown`, `WorkerUnavailable`, `TemporalUnavailable`
 */
export async function updateOperation<R extends Json | object>(
  client: Client,
  operationId: string,
  { name, args, updateId, withinMs, closed }: OperationUpdate,
): Promise<R | undefined> {
  const handle = client.workflow.getHandle(operationId);
  const send = () => handle.startUpdate<R, typeof args>(name, { args, updateId, waitForStage: 'ACCEPTED' });
  const accepted = await callTemporal(client, send).catch(async (error: unknown) => {
    if (isUnavailable(error)) throw await unattended(client, handle, error);
    if (!(error instanceof OperationsError && error.code === 'OperationUnknown')) throw error;
    // To the server one that has ended is not there any more; one that never was is found out by asking.
    await callTemporal(client, () => handle.describe());
    // The message itself may have ended it, and its own answer was lost.
    return handle.getUpdateHandle<R>(updateId);
  });
  return answerOf(client, accepted, withinMs, closed);
}

async function answerOf<R>(
  client: Client,
  accepted: WorkflowUpdateHandle<R>,
  withinMs: number,
  closed: string,
): Promise<R | undefined> {
  try {
    return await client.connection.withDeadline(Date.now() + withinMs, () => accepted.result());
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw error.cause ?? error;
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isUnavailable(error)) return undefined;
    if (isGone(error)) throw new OperationsError('OperationClosed', closed);
    throw error;
  }
}

/**
 * The server waits for a worker before it accepts a message. When it is there itself, that is what took too long.
 *
 * @throws OperationsError `TemporalUnavailable`
 */
async function unattended(client: Client, handle: WorkflowHandle, cause: unknown): Promise<OperationsError> {
  await callTemporal(client, () => handle.describe(), SERVER_MS);
  return new OperationsError('WorkerUnavailable', 'no worker of the process took the message; repeat it', { cause });
}
