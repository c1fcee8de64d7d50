import type { Json } from '@adx/contract-kit';
import { TemporalFailure } from '@temporalio/workflow';
import { REPAIR_ATTEMPTS, settledAttempts } from '../attempts.ts';
import { operationErrorOf } from '../operation-error.ts';
import { endStep } from '../operation.ts';
import type { StepRecord } from '../operation.ts';
import { untilDecided } from './attention.ts';
import { SagaMisuse } from './saga-misuse.ts';
import type { SagaProgress } from './saga-progress.ts';
import { refuse } from './step.ts';
import type { BoundActivity } from './step.ts';

type Settlement = { readonly outcome: 'done'; readonly output: Json } | { readonly outcome: 'fenced' };

/** @param unfinished steps that the author did not await */
export async function runPivot(
  progress: SagaProgress,
  activity: BoundActivity,
  input: Json,
  unfinished: number,
): Promise<Json> {
  refuse(progress, activity, 'pivot');
  if (unfinished > 0) throw new SagaMisuse(`${unfinished} step(s) are under way: await every step before the pivot`);
  const { operation, dispatch } = progress;
  progress.phase = 'pivoting';
  operation.state.cancellable = false;
  const record = operation.begin(activity);
  const passed = (output: Json) => {
    endStep(record, 'done');
    progress.phase = 'pivoted';
    return output;
  };
  try {
    return passed(await dispatch(activity, activity.name, input, record.name, settledAttempts(activity)));
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    // Never a guess: the attempt that failed here may have committed.
    const settlement = await settle(progress, activity, record);
    if (settlement?.outcome === 'done') return passed(settlement.output);
    endStep(record, 'failed', operationErrorOf(error));
    progress.phase = 'closed';
    progress.gaveUp = settlement === undefined;
    throw error;
  }
}

/** @returns undefined when a person gave up finding out */
async function settle(
  { desk, dispatch }: SagaProgress,
  activity: BoundActivity,
  record: StepRecord,
): Promise<Settlement | undefined> {
  const stuck = { activity, record, phase: 'pivot', actions: ['retry', 'give-up'] } as const;
  const repaired = await untilDecided(desk, stuck, () => {
    record.status = 'running';
    return dispatch(activity, `${activity.name}.settle`, null, record.name, REPAIR_ATTEMPTS);
  });
  return 'value' in repaired ? (repaired.value as Settlement) : undefined;
}
