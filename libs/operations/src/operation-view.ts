import { OPERATION_STATE_QUERY, parseOperationId } from '@adx/contract-kit';
import type { Json, OperationError, OperationState, OperationStatus } from '@adx/contract-kit';
import { WorkflowFailedError } from '@temporalio/client';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isClosedStatus } from './closed-status.ts';
import { OperationsError } from './operations-error.ts';
import { ENDING, readRecord } from './server-record.ts';
import type { ServerRecord } from './server-record.ts';
import { callTemporal } from './temporal-calls.ts';

/** An operation as a caller sees it. */
export interface OperationView extends OperationState {
  readonly operationId: string;
  readonly type: string;
  readonly tenantId: string;
  readonly startedAt: string;
  readonly closedAt?: string;
  /** The process itself could not be asked: what is here comes from the server's record, without steps. */
  readonly stale: boolean;
  /** And never will be: the keys of its tenant are destroyed. */
  readonly keysDestroyed?: true;
  readonly result?: Json;
}

/** When no worker answers by then, the record does. */
const QUERY_MS = 2_000;

/** @returns undefined when there is no such operation */
export async function viewOperation(client: Client, operationId: string): Promise<OperationView | undefined> {
  const server = await readRecord(client, operationId).catch((error: unknown) => {
    if (error instanceof OperationsError && error.code === 'OperationUnknown') return undefined;
    throw error;
  });
  const parts = parseOperationId(operationId);
  if (!server || !parts) return undefined;
  const { type, startedAt, closedAt, keysDestroyed } = server;
  const head = { operationId, type, tenantId: parts.tenantId, startedAt, ...(closedAt ? { closedAt } : {}) };
  const handle = client.workflow.getHandle(operationId);
  const state = await stateOf(client, handle, server).catch((error: unknown) => {
    // What it said and returned is gone for ever; that it was there, and how it ended, is not.
    if (error instanceof OperationsError && error.code === 'KeysDestroyed') return record(server.status);
    throw error;
  });
  return { ...head, ...state, ...(keysDestroyed ? { keysDestroyed } : {}) };
}

type StateView = Omit<OperationView, 'operationId' | 'type' | 'tenantId' | 'startedAt' | 'closedAt'>;

/** Temporal's closed status wins over what the process says of itself. */
async function stateOf(client: Client, handle: WorkflowHandle, server: ServerRecord): Promise<StateView> {
  switch (server.ending) {
    case ENDING.terminated:
      return record('failed', { type: 'Terminated', message: 'ended from outside; nothing was undone' });
    case ENDING.timedOut:
      return record('failed', { type: 'TimedOutByServer', message: 'ended from outside; nothing was undone' });
    case ENDING.failed:
      return failed(await failureOf(client, handle));
    case ENDING.completed: {
      const result = (await callTemporal(client, () => handle.result())) as Json;
      return { ...closed(await queried(client, handle, server), 'completed'), result };
    }
    case ENDING.cancelled:
      return closed(await queried(client, handle, server), 'cancelled');
    default:
      return queried(client, handle, server);
  }
}

/** A process that ended before it could say so: what it last said of itself is not true any more. */
function closed(state: StateView, ending: OperationStatus): StateView {
  return { ...state, status: isClosedStatus(state.status) ? state.status : ending, cancellable: false };
}

async function queried(client: Client, handle: WorkflowHandle, server: ServerRecord): Promise<StateView> {
  try {
    const query = () => handle.query<OperationState>(OPERATION_STATE_QUERY);
    const state = await client.connection.withDeadline(Date.now() + QUERY_MS, query);
    // It says how it ended a moment before the server closes it.
    return { ...state, cancellable: state.cancellable && !isClosedStatus(state.status), stale: false };
  } catch {
    // No worker, a slow one, or a build that cannot replay it: the record is honest about what it knows.
    return record(server.status);
  }
}

async function failureOf(client: Client, handle: WorkflowHandle): Promise<Error | undefined> {
  try {
    await callTemporal(client, () => handle.result());
    return undefined;
  } catch (error) {
    // Anything else is no news of the process, but of the way to it.
    if (error instanceof WorkflowFailedError) return error.cause;
    throw error;
  }
}

function failed(cause: Error | undefined): StateView {
  const state = cause instanceof ApplicationFailure ? (cause.details?.[0] as OperationState | undefined) : undefined;
  if (state && isClosedStatus(state.status)) return { ...state, cancellable: false, stale: false };
  const type = cause instanceof ApplicationFailure ? (cause.type ?? 'UnexpectedError') : 'UnexpectedError';
  return record('failed', { type, message: 'the process ended without a state' });
}

function record(status: OperationStatus, error?: OperationError): StateView {
  return { status, steps: [], cancellable: false, stale: true, ...(error ? { error } : {}) };
}
