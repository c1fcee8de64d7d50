import type { AnyWorkflowDefinition, Bound, Call, UndoStatus } from '@adx/contract-kit';
import { TemporalFailure } from '@temporalio/workflow';
import { boundsScale } from '../bounds.ts';
import type { BoundsScale } from '../bounds.ts';
import { createDispatch } from '../dispatch.ts';
import type { Dispatch } from '../dispatch.ts';
import { operationErrorOf } from '../operation-error.ts';
import { createOperation } from '../operation.ts';
import type { Operation, StepRecord } from '../operation.ts';
import { createAttentionDesk } from './attention.ts';
import type { AttentionDesk } from './attention.ts';
import { createInbox } from './inbox.ts';
import type { Inbox } from './inbox.ts';
import { SagaMisuse } from './saga-misuse.ts';

/**
 * - `open`: steps may be taken; a cancellation or the deadline interrupts;
 * - `pivoting`: the pivot is under way, its outcome unknown;
 * - `pivoted`: there is no way back;
 * - `closed`: the body has ended, or the pivot was fenced.
 */
export type Phase = 'open' | 'pivoting' | 'pivoted' | 'closed';

/** A step that was attempted: whether it happened is known by its owner alone. */
export interface Attempted {
  readonly owner: Bound;
  readonly record: StepRecord;
  /** Says how far it got, which is not always all the way. */
  undo(): Promise<UndoStatus>;
}

/** What one saga knows of itself. */
export interface SagaProgress {
  readonly call: Call;
  readonly operation: Operation;
  readonly dispatch: Dispatch;
  readonly desk: AttentionDesk;
  readonly inbox: Inbox;
  readonly scale: BoundsScale;
  readonly attempted: Attempted[];
  /** Steps that have not ended, awaited by the author or not. */
  readonly inFlight: Set<Promise<unknown>>;
  phase: Phase;
  /** The first failure. It latches: an author who catches it does not save the saga. */
  failure?: TemporalFailure;
  /** What interrupted the saga, if that was the first failure. */
  interrupted?: 'cancelled' | 'timed-out';
  /** A mistake in the author's code; it fails the workflow task and undoes nothing. */
  bug?: Error;
  /** A person gave up: effects are left behind. */
  gaveUp: boolean;
}

/** Registers the query, the Updates and the Signals of a saga, and begins its record. */
export function beginSaga(definition: AnyWorkflowDefinition & Bound, call: Call): SagaProgress {
  const scale = boundsScale();
  const operation = createOperation();
  const dispatch = createDispatch(call, scale, definition.taskQueue);
  const progress: SagaProgress = {
    call,
    operation,
    dispatch,
    desk: createAttentionDesk(operation, dispatch, definition.twoPersons ? call.principal : undefined),
    inbox: createInbox(definition, dispatch, () => progress.phase === 'open' && !progress.failure),
    scale,
    attempted: [],
    inFlight: new Set(),
    phase: 'open',
    gaveUp: false,
  };
  return progress;
}

/** Lets a verb of the time before the pivot begin. */
export function admit(progress: SagaProgress, name: string): void {
  if (progress.failure) throw progress.failure;
  if (progress.phase === 'open') return;
  throw new SagaMisuse(`${name} comes after the pivot: only its tail can, and that takes retriable ones`);
}

/** Files an error where it belongs: Temporal's failures make the saga undo, everything else is a bug. */
export function latch(progress: SagaProgress, error: unknown): void {
  if (error instanceof TemporalFailure) {
    progress.failure ??= error;
    progress.operation.state.error ??= operationErrorOf(error);
  } else progress.bug ??= error instanceof Error ? error : new Error(`thrown by a saga: ${String(error)}`);
}

/** Keeps sight of a promise the author may not await; its failure is latched, so it is never "unhandled". */
export function keepSight<T>(progress: SagaProgress, work: Promise<T>): Promise<T> {
  progress.inFlight.add(work);
  work.then(
    () => progress.inFlight.delete(work),
    (error) => {
      progress.inFlight.delete(work);
      latch(progress, error);
    },
  );
  return work;
}
