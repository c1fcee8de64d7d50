import type { AnyWorkflowDefinition, Bound, Call, In, Resolution, ResolutionOutcome } from '@adx/contract-kit';
import { isGrpcDeadlineError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { listOperations } from './list-operations.ts';
import type { OperationFilter, OperationSummary } from './list-operations.ts';
import { viewOperation } from './operation-view.ts';
import type { OperationView } from './operation-view.ts';
import { resolveStep } from './resolve-step.ts';
import { startOperation } from './start-operation.ts';
import type { StartRequest, Started } from './start-operation.ts';
import { callTemporal, isUnavailable } from './temporal-calls.ts';

/** Starts, shows and repairs operations. All methods throw `OperationsError` `TemporalUnavailable` when nobody answers. */
export interface Operations {
  /** One operation per identity. @throws OperationsError `IdempotencyKeyReused` for another request under the same key */
  start<D extends AnyWorkflowDefinition & Bound>(definition: D, request: StartRequest<In<D>>): Promise<Started>;
  get(operationId: string): Promise<OperationView | undefined>;
  list(filter: OperationFilter): Promise<{ operations: readonly OperationSummary[]; nextPage?: string }>;
  /** Asks it to undo and end. From the pivot on it does not listen. @throws OperationsError `OperationUnknown` */
  cancel(operationId: string): Promise<void>;
  resolve(
    operationId: string,
    request: { readonly resolution: Resolution; readonly call: Call; readonly updateId: string },
  ): Promise<ResolutionOutcome | undefined>;
  /** Waits until it has ended; @returns whether it has, within the time */
  ended(operationId: string, withinMs: number): Promise<boolean>;
  /** @throws OperationsError `TemporalUnavailable` */
  ready(): Promise<void>;
}

/**
 * Operations over a Temporal client.
 *
 * @param options.boundsScale one factor for all bounds of what is started here; tests and fault demonstrations only
 */
export function createOperations(options: { readonly client: Client; readonly boundsScale?: number }): Operations {
  const { client, boundsScale } = options;
  return {
    start: (definition, request) => startOperation(client, definition, request, boundsScale),
    get: (operationId) => viewOperation(client, operationId),
    list: (filter) => listOperations(client, filter),
    cancel: async (operationId) =>
      void (await callTemporal(client, () => client.workflow.getHandle(operationId).cancel())),
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
    ready: async () => void (await callTemporal(client, () => client.workflowService.getSystemInfo({}), 2_000)),
  };
}
