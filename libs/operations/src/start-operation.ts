import { createHash } from 'node:crypto';
import {
  BOUNDS_SCALE_MEMO,
  EVENTS_PER_RUN_MEMO,
  FINGERPRINT_MEMO,
  canonicalJson,
  formatOperationId,
} from '@adx/contract-kit';
import type { AnyWorkflowDefinition, Bound, Call, In, Json, WorkflowDefinition } from '@adx/contract-kit';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { TypedSearchAttributes, defineSearchAttributeKey } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';
import { OperationsError } from './operations-error.ts';
import { callTemporal } from './temporal-calls.ts';

/** Who starts an operation, and with which request. */
export interface StartRequest<I> {
  /** Parsed by the contract's input schema. */
  readonly input: I;
  /** The signed principal: it travels with every message. */
  readonly principal: string;
  /** Of the principal's claims. */
  readonly subject: string;
  readonly tenantId: string;
  readonly idempotencyKey: string;
  readonly traceparent?: string;
}

/** A started operation. */
export interface Started {
  readonly operationId: string;
  /** The same request was made before: this is its operation. */
  readonly repeated: boolean;
}

/** SHA-256 of the canonical JSON, base64url: tells a repeated request from another one under the same key. */
export function fingerprintOf(request: Json): string {
  return createHash('sha256').update(canonicalJson(request)).digest('base64url');
}

/** Temporal itself keeps one operation per id; nothing is stored anywhere else. */
export async function startOperation<D extends AnyWorkflowDefinition & Bound>(
  client: Client,
  definition: D,
  request: StartRequest<In<D>>,
  settings: LaunchSettings,
): Promise<Started> {
  return launchOperation(client, launchOf(definition, request, settings));
}

/** What every operation of one starter is started with. */
export type LaunchSettings = Pick<Launch, 'boundsScale' | 'eventsPerRun' | 'eager'>;

/** What starts the operation of a request. */
export function launchOf<D extends AnyWorkflowDefinition & Bound>(
  definition: D,
  request: StartRequest<In<D>>,
  settings: LaunchSettings,
): Launch {
  const { input, principal, tenantId, traceparent } = request;
  const { operationId, businessKey } = identify(definition, request);
  const { name: workflow, taskQueue } = definition;
  return {
    ...{ workflow, taskQueue, operationId, tenantId, input: input as Json, principal },
    ...(businessKey === undefined ? {} : { businessKey }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...settings,
  };
}

/** What an operation is started with, when its id is known. */
export interface Launch {
  readonly workflow: string;
  readonly taskQueue: string;
  readonly operationId: string;
  readonly tenantId: string;
  readonly input: Json;
  readonly principal: string;
  readonly businessKey?: string;
  readonly traceparent?: string;
  readonly boundsScale?: number;
  readonly eventsPerRun?: number;
  /** For a client on the connection of a worker: the server hands the first task to that worker, if the queue is its own. */
  readonly eager?: boolean;
  /** The id may have been used before, by one that has ended. */
  readonly again?: boolean;
}

/** @throws OperationsError `TemporalUnavailable`, `IdempotencyKeyReused` when the id is another request's */
export async function launchOperation(client: Client, launch: Launch): Promise<Started> {
  const { operationId } = launch;
  const { options } = startOf(launch);
  try {
    await callTemporal(client, () =>
      client.workflow.start(launch.workflow, { ...options, requestEagerStart: launch.eager ?? false }),
    );
    return { operationId, repeated: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return repeated(client, operationId, options.memo[FINGERPRINT_MEMO]);
  }
}

/** How an operation is started, by whichever call of the client. */
export function startOf(launch: Launch) {
  const { operationId, tenantId, input, principal, businessKey, traceparent, boundsScale, eventsPerRun } = launch;
  const call: Call = { operationId, principal, ...(traceparent === undefined ? {} : { traceparent }) };
  const attributes: SearchAttributePair[] = [
    keyword('TenantId', tenantId),
    keyword('OperationType', launch.workflow),
    keyword('OperationStatus', 'running'),
    ...(businessKey === undefined ? [] : [keyword('BusinessKey', businessKey)]),
  ];
  const options = {
    taskQueue: launch.taskQueue,
    workflowId: operationId,
    workflowIdReusePolicy: launch.again ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    args: [input, call] as [Json, Call],
    priority: { fairnessKey: tenantId },
    memo: {
      [FINGERPRINT_MEMO]: fingerprintOf(input),
      ...(boundsScale === undefined ? {} : { [BOUNDS_SCALE_MEMO]: boundsScale }),
      ...(eventsPerRun === undefined ? {} : { [EVENTS_PER_RUN_MEMO]: eventsPerRun }),
    },
    typedSearchAttributes: new TypedSearchAttributes(attributes),
  } as const;
  return { call, options };
}

/** The operation that the same request started before, if it did; see {@link startOperation}. */
export async function findOperation<D extends AnyWorkflowDefinition & Bound>(
  client: Client,
  definition: D,
  request: StartRequest<In<D>>,
): Promise<Started | undefined> {
  const { operationId, fingerprint } = identify(definition, request);
  return repeated(client, operationId, fingerprint).catch((error: unknown) => {
    if (error instanceof OperationsError && error.code === 'OperationUnknown') return undefined;
    throw error;
  });
}

async function repeated(client: Client, operationId: string, fingerprint: string): Promise<Started> {
  const { memo } = await callTemporal(client, () => client.workflow.getHandle(operationId).describe());
  if (memo?.[FINGERPRINT_MEMO] === fingerprint) return { operationId, repeated: true };
  throw new OperationsError('IdempotencyKeyReused', 'this Idempotency-Key was used before, with another request');
}

function identify<D extends AnyWorkflowDefinition & Bound>(definition: D, request: StartRequest<In<D>>) {
  const { input, subject, tenantId, idempotencyKey } = request;
  const { identity } = definition as unknown as WorkflowDefinition;
  const businessKey = identity === 'request' ? undefined : identity(input as Json);
  const key = businessKey ?? requestKey(subject, idempotencyKey);
  const operationId = formatOperationId({ tenantId, workflowType: definition.name, key });
  return { operationId, businessKey, fingerprint: fingerprintOf(input as Json) };
}

function keyword(name: string, value: string): SearchAttributePair {
  return { key: defineSearchAttributeKey(name, 'KEYWORD'), value };
}

/** Hashed, so that what callers put into their keys does not show in workflow ids. 192 bits are enough. */
function requestKey(subject: string, idempotencyKey: string): string {
  return createHash('sha256').update(`${subject}\n${idempotencyKey}`).digest('base64url').slice(0, 32);
}
