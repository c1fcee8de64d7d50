import { createHash } from 'node:crypto';
import { ENTITY_EVENTS_SIGNAL, ENTITY_EVENTS_UPDATE } from '@adx/contract-kit';
import type { AnyWorkflowDefinition, Bound, Call, EntityEvent, EntityOutcome, In } from '@adx/contract-kit';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { OperationsError } from './operations-error.ts';
import { launchOf, startOf } from './start-operation.ts';
import type { LaunchSettings, StartRequest } from './start-operation.ts';
import { callTemporal, isGone, isUnavailable } from './temporal-calls.ts';

/** Events for one entity, and who sends them. */
export interface EventsRequest<I> extends StartRequest<I> {
  readonly events: readonly EntityEvent[];
  /** Whether the sender may begin an entity: its first events then do. `input` is what it begins with. */
  readonly mayBegin: boolean;
  /** How long to wait for what becomes of them; without it they are handed over, and nothing is waited for. */
  readonly withinMs?: number;
}

/** Where events went; `outcomes`, one per event, only when they were waited for and known in time. */
export interface Sent {
  readonly operationId: string;
  readonly outcomes?: readonly EntityOutcome[];
}

/**
 * Hands events to an entity. What is handed over is applied, however often the server or a worker fails: repeat the
 * same request when nobody answers, each event id counts once.
 *
 * @throws OperationsError `OperationClosed` when the entity has ended, `OperationUnknown` when it has not begun and the
 *   sender may not begin it, `TemporalUnavailable`
 * @throws ApplicationFailure `EntityEnded`, `InvalidInput`, `EntityFailed`: as the entity refused them
 */
export async function sendEvents<D extends AnyWorkflowDefinition & Bound>(
  client: Client,
  definition: D,
  request: EventsRequest<In<D>>,
  settings: LaunchSettings,
): Promise<Sent> {
  const { events, mayBegin, withinMs } = request;
  const launch = launchOf(definition, request, settings);
  const { operationId } = launch;
  const { call, options } = startOf(launch);
  const handle = client.workflow.getHandle(operationId);
  const args: [readonly EntityEvent[], Call] = [events, call];
  // The server takes a signal for one that runs, whatever this policy says, and refuses to begin one that has ended.
  const { workflowIdConflictPolicy: _, ...start } = options;
  try {
    if (withinMs === undefined) {
      await callTemporal<unknown>(client, () =>
        mayBegin
          ? client.workflow.signalWithStart(definition.name, {
              ...start,
              signal: ENTITY_EVENTS_SIGNAL,
              signalArgs: args,
            })
          : handle.signal(ENTITY_EVENTS_SIGNAL, ...args),
      );
      return { operationId };
    }
    if (mayBegin) await begin(client, definition, options);
    const update = await callTemporal(client, () =>
      handle.startUpdate<readonly EntityOutcome[], typeof args>(ENTITY_EVENTS_UPDATE, {
        args,
        updateId: updateIdOf(events),
        waitForStage: 'ACCEPTED',
      }),
    );
    return await client.connection.withDeadline(Date.now() + withinMs, async () => ({
      operationId,
      outcomes: await update.result(),
    }));
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw error.cause ?? error;
    if (error instanceof WorkflowExecutionAlreadyStartedError || isGone(error)) throw ended();
    if (error instanceof OperationsError && error.code === 'OperationUnknown') {
      // To the server one that has ended is not there any more; one that never was is found out by asking.
      await callTemporal(client, () => handle.describe());
      throw ended();
    }
    // Accepted, and not known yet.
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isLate(error)) return { operationId };
    throw error;
  }
}

async function begin(client: Client, definition: Bound, options: ReturnType<typeof startOf>['options']): Promise<void> {
  try {
    await callTemporal(client, () => client.workflow.start(definition.name, options));
  } catch (error) {
    // One that runs and one that has ended: the Update that follows tells them apart.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** One event's own id, so that its repetition gets the same answer; of several, a name for all of them. */
function updateIdOf(events: readonly EntityEvent[]): string {
  const [first] = events;
  if (events.length === 1 && first) return first.eventId;
  const ids = JSON.stringify(events.map(({ eventId }) => eventId));
  return createHash('sha256').update(ids).digest('base64url');
}

function ended(): OperationsError {
  return new OperationsError('OperationClosed', 'it has ended and takes no more events');
}

/** Only of the wait for an accepted update: every call before it says so itself. */
function isLate(error: unknown): boolean {
  return !(error instanceof OperationsError) && isUnavailable(error);
}
