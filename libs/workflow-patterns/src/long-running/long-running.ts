import { failure } from '@adx/contract-kit';
import type { ActivityDefinition, Bound, Call, Json, Wire, WorkflowDefinition } from '@adx/contract-kit';
import {
  CancellationScope,
  CancelledFailure,
  TemporalFailure,
  continueAsNew,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { z } from 'zod';
import { forwardAttempts, settledAttempts } from '../attempts.ts';
import { operationErrorOf } from '../operation-error.ts';
import { endStep } from '../operation.ts';
import { autoUpgraded } from '../versioned.ts';
import { begin, checkSize } from './carried.ts';
import type { Carried } from './carried.ts';
import { runLanes } from './lanes.ts';
import { beginRun } from './long-run.ts';
import type { AnyPlan, LongRun } from './long-run.ts';
import { LongRunningMisuse } from './long-running-misuse.ts';
import type { Answering, BatchOutcome, LongRunningPlan, Opened, Totals } from './plan.ts';

/** Sources: the pattern's reference numbers; a run of 500 events replays in about 0.2 s. */
const DEFAULTS = { size: 10, every: { items: 50 }, rest: { every: 10, for: '100ms' }, eventsPerRun: 500 } as const;

/**
 * A process over any number of items, in batches by a cursor into the owner's database. A failed item is recorded and
 * fails no batch, a failed batch is set aside and does not fail the process. It can be paused, resumed and cancelled; a
 * cancelled one keeps what it did and says how much that is. It goes on as a new run before its history is long.
 *
 * Ends `completed`, `completed-with-errors`, or as a cancelled workflow; as a failed one (`LongRunningFailed`, whose
 * details are the operation's state) only when it cannot even begin, set a batch aside, or close.
 *
 * @example
 * export const importUsers = longRunning(userContract.workflows.importUsers, {
 *   open: { activity: user.openImport, input: ({ importId }) => ({ importId }) },
 *   batch: { activity: user.importBatch, size: 5_000, input: ({ importId }, at) => ({ importId, after: Number(at.cursor), size: at.size }) },
 *   setAside: { ... },
 *   close: { ... },
 * });
 */
export function longRunning<
  I extends Wire,
  O extends Wire,
  Open extends Answering<Opened>,
  Batch extends Answering<BatchOutcome>,
  SetAside extends Answering<BatchOutcome>,
  Close extends Answering<Totals> & { readonly output: O },
  Page extends ActivityDefinition<'readonly'> & Bound = never,
>(
  definition: WorkflowDefinition<'long-running', I, O> & Bound,
  plan: LongRunningPlan<I, O, Open, Batch, SetAside, Close, Page>,
): (input: z.output<I>, call: Call, carried?: Carried) => Promise<z.output<O>> {
  const complete = withDefaults(plan as unknown as Incomplete);
  return autoUpgraded(async (input, call, taken) => {
    const { workflowType } = workflowInfo();
    if (workflowType !== definition.name) {
      throw new LongRunningMisuse(
        `the process of "${definition.name}" is exported as "${workflowType}": export it by its name`,
      );
    }
    const run = beginRun(definition, complete, input as Json, call, taken);
    // Detached from the root, so that what comes after a cancellation is not cancelled itself.
    const work = await CancellationScope.nonCancellable(() => Promise.resolve(new CancellationScope()));
    let cancelled = false;
    CancellationScope.current().cancelRequested.catch(() => {
      cancelled = true;
      work.cancel();
    });
    let broken: TemporalFailure | undefined;
    let stopped = false;
    try {
      await work.run(() => forward(run, taken !== undefined));
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      if (cancelled && isCancellation(error)) stopped = true;
      else broken = error;
    }
    return CancellationScope.nonCancellable(async () => {
      while (run.notices.size > 0) await Promise.allSettled(run.notices);
      const unfinished = run.carried.lanes.some(({ cursor }) => cursor !== null);
      if (!broken && !cancelled && unfinished) {
        const { steps } = run.operation.state;
        run.carried.setAside = steps.filter(
          ({ status, name }) => status === 'failed' && name !== complete.open.activity.name,
        );
        return continueAsNew<(...args: [Json, Call, Carried]) => Promise<never>>(
          input as Json,
          call,
          checkSize(run.carried),
        );
      }
      // One that is cancelled when everything is done is not cancelled.
      return end(run, broken, stopped || (cancelled && unfinished));
    }) as Promise<z.output<O>>;
  });
}

/** Opens, in the first run of a process, and takes the lanes as far as this run goes. */
async function forward(run: LongRun, opened: boolean): Promise<void> {
  const { plan, operation, dispatch, input } = run;
  if (!opened) {
    const { activity } = plan.open;
    const record = operation.begin(activity);
    try {
      const made = plan.open.input(input);
      const answer = await dispatch(activity, activity.name, made, record.name, forwardAttempts(activity));
      run.carried = begin(answer as unknown as Opened);
      endStep(record, 'done');
      run.show(true);
    } catch (error) {
      endStep(record, 'failed', operationErrorOf(error));
      throw error;
    }
  }
  await runLanes(run);
  // Never from one run to the next while paused: the status would have to travel, too.
  await run.gate.pass();
}

/** Closes the process, whatever became of it, and ends as honestly as it can. */
async function end(run: LongRun, broken: TemporalFailure | undefined, cancelled: boolean): Promise<Json> {
  const { plan, operation, dispatch, input, gate } = run;
  const { state } = operation;
  gate.close();
  state.cancellable = false;
  run.show(false);
  if (broken) throw fail(run, broken);

  const { activity } = plan.close;
  const record = operation.begin(activity);
  let totals: Totals & Json;
  try {
    const made = plan.close.input(input, cancelled ? 'cancelled' : 'finished');
    const answer = await dispatch(activity, activity.name, made, record.name, settledAttempts(activity));
    totals = answer as unknown as Totals & Json;
    endStep(record, 'done');
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    endStep(record, 'failed', operationErrorOf(error));
    throw fail(run, error);
  }
  // The owner's count is the truth: a batch whose reply was lost is in it.
  run.carried.processed = totals.processed;
  run.carried.failed = totals.failed;
  run.carried.total = totals.total ?? run.carried.total;
  run.show(false);
  if (!cancelled) {
    operation.setStatus(totals.failed > 0 ? 'completed-with-errors' : 'completed');
    return totals;
  }
  const message = 'cancelled on request; what was done until then is kept, nothing is undone';
  state.error = { type: 'Cancelled', message };
  state.result = totals;
  operation.setStatus('cancelled');
  throw new CancelledFailure(message);
}

function fail({ operation }: LongRun, cause: TemporalFailure): Error {
  const error = operationErrorOf(cause);
  operation.state.error = error;
  operation.setStatus('failed');
  return failure('LongRunningFailed', `${error.type}: what was done until then is kept`, {
    cause,
    details: [operation.state as unknown as Json],
  });
}

type Incomplete = Omit<AnyPlan, 'batch' | 'notice' | 'rest' | 'eventsPerRun'> & {
  readonly batch: Omit<AnyPlan['batch'], 'size'> & { readonly size?: number };
  readonly notice?: Partial<AnyPlan['notice']>;
} & Partial<Pick<AnyPlan, 'rest' | 'eventsPerRun'>>;

function withDefaults(plan: Incomplete): AnyPlan {
  return {
    ...plan,
    batch: { ...plan.batch, size: plan.batch.size ?? DEFAULTS.size },
    notice: { ...plan.notice, every: plan.notice?.every ?? DEFAULTS.every },
    rest: plan.rest ?? DEFAULTS.rest,
    eventsPerRun: plan.eventsPerRun ?? DEFAULTS.eventsPerRun,
  };
}
