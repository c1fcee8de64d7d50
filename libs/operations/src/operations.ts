import { PAUSE_SIGNAL, RESUME_SIGNAL } from '@adx/contract-kit';
import type { AnyWorkflowDefinition, Bound, Call, In, ResolutionOutcome } from '@adx/contract-kit';
import { isGrpcDeadlineError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { listOperations } from './list-operations.ts';
import type { OperationFilter, OperationPage } from './list-operations.ts';
import { viewOperation } from './operation-view.ts';
import type { OperationView } from './operation-view.ts';
import { resolveStep } from './resolve-step.ts';
import type { ResolveRequest } from './resolve-step.ts';
import { sendEvents } from './send-events.ts';
import type { EventsRequest, Sent } from './send-events.ts';
import { findOperation, startOperation } from './start-operation.ts';
import type { StartRequest, Started } from './start-operation.ts';
import { tellOperation } from './tell-operation.ts';
import type { TellRequest, Told } from './tell-operation.ts';
import { callTemporal, isUnavailable } from './temporal-calls.ts';

/** Starts, shows and repairs operations. All methods throw `OperationsError` `TemporalUnavailable` when nobody answers. */
export interface Operations {
  /** One operation per identity. @throws OperationsError `IdempotencyKeyReused` for another request under the same key */
  start<D extends AnyWorkflowDefinition & Bound>(definition: D, request: StartRequest<In<D>>): Promise<Started>;
  /**
   * What the same request started before; undefined when it did not.
   *
   * @throws OperationsError `IdempotencyKeyReused` for another request under the same key
   */
  find<D extends AnyWorkflowDefinition & Bound>(
    definition: D,
    request: StartRequest<In<D>>,
  ): Promise<Started | undefined>;
  /** Hands events to an entity. See {@link sendEvents} for what it throws. */
  send<D extends AnyWorkflowDefinition & Bound>(definition: D, request: EventsRequest<In<D>>): Promise<Sent>;
  /** Tells a running process what its contract declares in `signals`. See {@link tellOperation} for what it throws. */
  tell<D extends AnyWorkflowDefinition & Bound, N extends keyof D['signals'] & string>(
    definition: D,
    operationId: string,
    request: TellRequest<D, N>,
  ): Promise<Told | undefined>;
  /** Undefined when there is none of this id. */
  get(operationId: string): Promise<OperationView | undefined>;
  /** @throws OperationsError `PageUnknown` */
  list(filter: OperationFilter): Promise<OperationPage>;
  /**
   * Asks it to undo and end. From the pivot on, and when it has ended, it takes no notice.
   *
   * @throws OperationsError `OperationUnknown`
   */
  cancel(operationId: string): Promise<void>;
  /**
   * Asks a long-running one to pause after what is under way, or to go on. May be repeated; its state says what it does.
   *
   * @throws OperationsError `OperationUnknown`, also when it has ended
   */
  setPaused(operationId: string, paused: boolean, call: Call): Promise<void>;
  /** Answers a parked step; undefined while the outcome is not known. See {@link resolveStep} for what it throws. */
  resolve(operationId: string, request: ResolveRequest): Promise<ResolutionOutcome | undefined>;
  /** Waits until it has ended; @returns whether it has, within the time */
  ended(operationId: string, withinMs: number): Promise<boolean>;
  /** That the server answers and has the namespace. @throws OperationsError `TemporalUnavailable` */
  ready(): Promise<void>;
}

/** Shorter than what a platform's probe waits. */
const READY_MS = 2_000;

/**
 * Operations over a Temporal client.
 *
 * @param options.boundsScale one factor for all bounds of what is started here; tests and fault demonstrations only
 * @param options.eventsPerRun where long-running processes that are started here cut their history; tests only
 * @param options.eager for a client on the connection of a worker, see {@link Launch.eager}
 */
export function createOperations(options: {
  readonly client: Client;
  readonly boundsScale?: number;
  readonly eventsPerRun?: number;
  readonly eager?: boolean;
}): Operations {
  const { client, ...settings } = options;
  return {
    start: (definition, request) => startOperation(client, definition, request, settings),
    find: (definition, request) => findOperation(client, definition, request),
    send: (definition, request) => sendEvents(client, definition, request, settings),
    tell: (definition, operationId, request) => tellOperation(client, definition, operationId, request),
    get: (operationId) => viewOperation(client, operationId),
    list: (filter) => listOperations(client, filter),
    cancel: async (operationId) =>
      void (await callTemporal(client, () => client.workflow.getHandle(operationId).cancel())),
    async setPaused(operationId, paused, call) {
      const handle = client.workflow.getHandle(operationId);
      await callTemporal(client, () => handle.signal(paused ? PAUSE_SIGNAL : RESUME_SIGNAL, call));
    },
    resolve: (operationId, request) => resolveStep(client, operationId, request),
    async ended(operationId, withinMs) {
      const result = () => client.workflow.getHandle(operationId).result();
      try {
        await client.connection.withDeadline(Date.now() + withinMs, result);
        return true;
      } catch (error) {
        if (isGrpcDeadlineError(error) || isUnavailable(error)) return false;
        // It ended as a failure: how is `get`'s to tell.
        return true;
      }
    },
    async ready() {
      const { namespace } = client.options;
      await callTemporal(client, () => client.workflowService.describeNamespace({ namespace }), READY_MS);
    },
  };
}
