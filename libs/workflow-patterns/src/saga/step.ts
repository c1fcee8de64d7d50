import type { ActivityDefinition, ActivityKind, Bound, Json, OperationError } from '@adx/contract-kit';
import { CancellationScope, TemporalFailure } from '@temporalio/workflow';
import { REPAIR_ATTEMPTS, forwardAttempts } from '../attempts.ts';
import { operationErrorOf } from '../operation-error.ts';
import { endStep } from '../operation.ts';
import type { StepRecord } from '../operation.ts';
import { SagaMisuse } from './saga-misuse.ts';
import { admit } from './saga-progress.ts';
import type { Attempted, SagaProgress } from './saga-progress.ts';
import { undoWith } from './undo.ts';

/** An activity of some contract, of one kind. */
export type BoundActivity<K extends ActivityKind = ActivityKind> = ActivityDefinition<K> & Bound;

/** How an optional step ended. */
export type Outcome<T> =
  { readonly ok: true; readonly output: T } | { readonly ok: false; readonly error: OperationError };

/** Refuses what a verb does not take, and everything after the pivot. */
export function refuse(progress: SagaProgress, activity: BoundActivity, kind: ActivityKind): void {
  if (activity.kind !== kind) throw new SagaMisuse(`${activity.name} is ${activity.kind}, this verb takes ${kind}`);
  admit(progress, activity.name);
}

export function runStep(progress: SagaProgress, activity: BoundActivity, input: Json): Promise<Json> {
  return attempt(progress, () => begin(progress, activity).record, activity, input);
}

/**
 * A step that may fail. What failed is undone at once: its outcome may be unknown, and a saga that goes on must not
 * leave anything half-done behind.
 */
export async function runOptional(
  progress: SagaProgress,
  activity: BoundActivity,
  input: Json,
): Promise<Outcome<Json>> {
  const attempted = begin(progress, activity);
  try {
    return { ok: true, output: await attempt(progress, () => attempted.record, activity, input) };
  } catch (error) {
    // Something else failed or interrupted the saga: then this step is undone with all the others.
    if (!(error instanceof TemporalFailure) || progress.failure) throw error;
    // Nobody gives up here: the saga is to go on.
    const actions = ['retry', 'skip', 'done-by-hand'] as const;
    await CancellationScope.nonCancellable(() => undoWith(progress, attempted, actions));
    // It may have been interrupted meanwhile.
    admit(progress, activity.name);
    return { ok: false, error: operationErrorOf(error) };
  }
}

export function runRead(progress: SagaProgress, activity: BoundActivity, input: Json): Promise<Json> {
  const beginRead = () => {
    refuse(progress, activity, 'readonly');
    return progress.operation.begin(activity);
  };
  return attempt(progress, beginRead, activity, input);
}

/** Opens the record of a step, and notes that it is to be undone when the process fails. */
export function begin(progress: SagaProgress, activity: BoundActivity): Attempted {
  refuse(progress, activity, 'compensatable');
  const record = progress.operation.begin(activity);
  const undo = async () => {
    await progress.dispatch(activity, `${activity.name}.undo`, null, record.name, REPAIR_ATTEMPTS);
    return 'undone' as const;
  };
  const attempted: Attempted = { owner: activity, record, undo };
  progress.attempted.push(attempted);
  return attempted;
}

async function attempt(
  { dispatch }: SagaProgress,
  beginRecord: () => StepRecord,
  activity: BoundActivity,
  input: Json,
): Promise<Json> {
  const record = beginRecord();
  try {
    const output = await dispatch(activity, activity.name, input, record.name, forwardAttempts(activity));
    endStep(record, 'done');
    return output;
  } catch (error) {
    endStep(record, 'failed', operationErrorOf(error));
    throw error;
  }
}
