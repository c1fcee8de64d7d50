import type { Bound, Call, Json, OperationProgress } from '@adx/contract-kit';
import { log } from '@temporalio/workflow';
import { forwardAttempts } from '../attempts.ts';
import { boundsScale } from '../bounds.ts';
import type { BoundsScale } from '../bounds.ts';
import { createDispatch } from '../dispatch.ts';
import type { Dispatch } from '../dispatch.ts';
import { operationErrorOf } from '../operation-error.ts';
import { createOperation, now } from '../operation.ts';
import type { Operation } from '../operation.ts';
import { begin } from './carried.ts';
import type { Carried } from './carried.ts';
import { createPauseGate } from './pause.ts';
import type { PauseGate } from './pause.ts';
import type { BatchOutcome, BatchPlace, Ending } from './plan.ts';
import { isNoticeDue, progressOf } from './progress.ts';

/** A plan of any process, its defaults filled in. */
export interface AnyPlan {
  readonly open: AnyStep<[input: Json]>;
  readonly page?: AnyStep<[input: Json, place: BatchPlace]>;
  readonly batch: AnyStep<[input: Json, place: BatchPlace, page?: Json]> & { readonly size: number };
  readonly setAside: AnyStep<[input: Json, place: BatchPlace, why: string, page?: Json]>;
  readonly close: AnyStep<[input: Json, ending: Ending]>;
  readonly notice: {
    readonly every: { readonly items: number } | { readonly percent: number };
    readonly send?: AnyStep<[input: Json, progress: OperationProgress]>;
  };
  readonly rest: { readonly every: number; readonly for: `${number}ms` | `${number}s` | `${number}m` } | false;
  readonly eventsPerRun: number;
}

interface AnyStep<Known extends readonly unknown[]> {
  readonly activity: Bound & Parameters<typeof forwardAttempts>[0];
  readonly input: (...known: Known) => Json;
}

/** One run of a process. */
export interface LongRun {
  readonly input: Json;
  readonly plan: AnyPlan;
  readonly operation: Operation;
  readonly dispatch: Dispatch;
  readonly scale: BoundsScale;
  readonly gate: PauseGate;
  carried: Carried;
  /** Notices that are being sent; nothing waits for them but the end of the run. */
  readonly notices: Set<Promise<void>>;
  /** Counts a batch, shows it, and gives notice when it is time. */
  advance(outcome: BatchOutcome): void;
  show(working: boolean): void;
}

/** Registers query and signals of a process, and takes up what an earlier run left. */
export function beginRun(
  definition: Bound,
  plan: AnyPlan,
  input: Json,
  call: Call,
  taken: Carried | undefined,
): LongRun {
  const operation = createOperation();
  const scale = boundsScale();
  const dispatch = createDispatch(call, scale, definition.taskQueue);
  const run: LongRun = {
    input,
    plan,
    operation,
    dispatch,
    scale,
    gate: createPauseGate(operation, (pausedMs) => {
      run.carried.pausedMs += pausedMs;
      run.show(operation.state.status !== 'paused');
    }),
    carried: taken ?? begin({ total: 0, processed: 0, failed: 0, lanes: [] }, now()),
    notices: new Set(),
    advance({ processed, failed }) {
      const { carried } = run;
      const before = carried.processed;
      carried.processed += processed;
      carried.failed += failed;
      carried.total = Math.max(carried.total, carried.processed);
      run.show(true);
      if (isNoticeDue(plan.notice.every, carried, before, carried.processed)) giveNotice(run);
    },
    show: (working) => void (operation.state.progress = progressOf(run.carried, working)),
  };
  if (taken) {
    operation.state.startedAt = taken.startedAt;
    operation.state.steps.push(...taken.setAside);
    run.show(true);
  }
  return run;
}

function giveNotice(run: LongRun): void {
  const { plan, operation, carried, dispatch, input } = run;
  const { send } = plan.notice;
  const { progress } = operation.state;
  carried.notices += 1;
  log.info('progress', { ...progress });
  if (!send || !progress) return;
  const step = carried.notices === 1 ? send.activity.name : `${send.activity.name}~${carried.notices}`;
  const sending = dispatch(
    send.activity,
    send.activity.name,
    send.input(input, progress),
    step,
    forwardAttempts(send.activity),
  )
    .then(
      () => undefined,
      (error: unknown) => log.warn('a notice could not be given', { step, type: operationErrorOf(error).type }),
    )
    .finally(() => run.notices.delete(sending));
  run.notices.add(sending);
}
