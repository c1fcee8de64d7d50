import { RESOLUTION_ACTIONS } from '@adx/contract-kit';
import type { Bound, Json, ResolutionAction } from '@adx/contract-kit';
import { settledAttempts } from '../attempts.ts';
import { operationErrorOf } from '../operation-error.ts';
import { endStep } from '../operation.ts';
import type { StepRecord } from '../operation.ts';
import { untilDecided } from './attention.ts';
import { SagaMisuse } from './saga-misuse.ts';
import type { SagaProgress } from './saga-progress.ts';
import type { BoundActivity } from './step.ts';

/** What the author of a tail may decide. */
export interface TailOptions {
  readonly actions?: readonly ResolutionAction[];
}

/** One activity behind the pivot: until it succeeds, or until a person decides what becomes of it. */
export async function runTail(
  progress: SagaProgress,
  activity: BoundActivity,
  input: Json,
  { actions }: TailOptions = {},
): Promise<void> {
  if (activity.kind !== 'retriable') throw new SagaMisuse(`${activity.name} is ${activity.kind}, a tail is retriable`);
  const attempt = (record: StepRecord) =>
    progress.dispatch(activity, activity.name, input, record.name, settledAttempts(activity));
  return finish(progress, activity, attempt, actions);
}

/** What must still happen behind the pivot, attempted until it succeeds or a person decides otherwise. */
export async function finish(
  progress: SagaProgress,
  activity: Bound,
  attempt: (record: StepRecord) => Promise<unknown>,
  actions: readonly ResolutionAction[] = RESOLUTION_ACTIONS,
): Promise<void> {
  const { operation, desk } = progress;
  if (progress.phase !== 'pivoted') throw new SagaMisuse(`${activity.name} comes after the end of the saga's body`);
  const record = operation.begin(activity);
  const repaired = await untilDecided(desk, { activity, record, phase: 'tail', actions }, () => {
    record.status = 'running';
    return attempt(record);
  });
  if ('value' in repaired) return endStep(record, 'done');
  const error = operationErrorOf(repaired.error);
  if (repaired.decided === 'skip') return endStep(record, 'skipped', error);
  if (repaired.decided === 'done-by-hand') return endStep(record, 'by-hand', error);
  endStep(record, 'failed', error);
  progress.gaveUp = true;
  throw repaired.error;
}
