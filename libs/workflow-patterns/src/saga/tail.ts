import type { ActivityDefinition, Bound, Json } from '@adx/contract-kit';
import { settledAttempts } from '../attempts.ts';
import { operationErrorOf } from '../operation-error.ts';
import { endStep } from '../operation.ts';
import { untilDecided } from './attention.ts';
import { SagaMisuse } from './saga-misuse.ts';
import type { SagaProgress } from './saga-progress.ts';

/** One activity behind the pivot: until it succeeds, or until a person decides what becomes of it. */
export async function runTail(
  progress: SagaProgress,
  activity: ActivityDefinition & Bound,
  input: Json,
): Promise<void> {
  const { operation, dispatch, desk } = progress;
  if (activity.kind !== 'retriable') throw new SagaMisuse(`${activity.name} is ${activity.kind}, a tail is retriable`);
  if (progress.phase !== 'pivoted') throw new SagaMisuse(`${activity.name} comes after the end of the saga's body`);
  const record = operation.begin(activity);
  const actions = ['retry', 'skip', 'done-by-hand', 'give-up'] as const;
  const repaired = await untilDecided(desk, { activity, record, phase: 'tail', actions }, () => {
    record.status = 'running';
    return dispatch(activity, activity.name, input, record.name, settledAttempts(activity));
  });
  if ('value' in repaired) return endStep(record, 'done');
  const error = operationErrorOf(repaired.error);
  if (repaired.decided === 'skip') return endStep(record, 'skipped', error);
  if (repaired.decided === 'done-by-hand') return endStep(record, 'by-hand', error);
  endStep(record, 'failed', error);
  progress.gaveUp = true;
  throw repaired.error;
}
