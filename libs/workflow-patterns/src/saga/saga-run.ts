import type { ActivityDefinition, ActivityKind, Bound, Exact, In, Json, Out } from '@adx/contract-kit';
import { TemporalFailure } from '@temporalio/workflow';
import { REPAIR_ATTEMPTS, forwardAttempts, settledAttempts } from '../attempts.ts';
import { operationErrorOf } from '../operation-error.ts';
import { endStep } from '../operation.ts';
import type { StepRecord } from '../operation.ts';
import { untilDecided } from './attention.ts';
import { SagaMisuse } from './saga-misuse.ts';
import { latch } from './saga-progress.ts';
import type { SagaProgress } from './saga-progress.ts';
import { runTail } from './tail.ts';

/** An activity of some contract, of one kind. */
export type BoundActivity<K extends ActivityKind = ActivityKind> = ActivityDefinition<K> & Bound;

/** The verbs of a saga before its pivot. */
export interface SagaRun {
  /**
   * Takes a step. Whatever becomes of it, it is undone when the saga fails: the owner's ledger knows if there is
   * anything to undo.
   *
   * @throws ActivityFailure when its attempts are used up, or at once for a declared error; it latches: a saga that
   *   catches it fails and undoes all the same
   */
  step<A extends BoundActivity<'compensatable'>, const X extends In<A>>(
    activity: A,
    input: Exact<In<A>, X>,
  ): Promise<Out<A>>;
  /**
   * Takes the point of no return. From here on neither a cancellation nor the deadline interrupts. When its outcome is
   * unknown, the owner's ledger is asked: done goes forward, not done is fenced and everything before it undone.
   */
  pivot<A extends BoundActivity<'pivot'>, const X extends In<A>>(
    activity: A,
    input: Exact<In<A>, X>,
  ): Promise<Live<Out<A>>>;
}

/** What lies behind the pivot; the only place where `tail` exists. */
export interface Live<O> {
  readonly output: O;
  /**
   * Runs what must still happen: tried until it succeeds, then parked for a person. It returns nothing, as the result
   * of the saga must not depend on it.
   */
  tail<A extends BoundActivity<'retriable'>, const X extends In<A>>(activity: A, input: Exact<In<A>, X>): Promise<void>;
}

/** The verbs, bound to one saga. */
export function createSagaRun(progress: SagaProgress): SagaRun {
  const { operation, dispatch, desk } = progress;

  const verbs = {
    step: (activity: BoundActivity<'compensatable'>, input: Json) => track(step(activity, input)),
    pivot: (activity: BoundActivity<'pivot'>, input: Json) => {
      const unfinished = progress.inFlight.size;
      return track(pivot(activity, input, unfinished));
    },
  };
  // The signatures of the author's verbs say more than any implementation can check: exact inputs, branded outputs.
  return verbs as unknown as SagaRun;

  /** Keeps sight of a promise the author may not await; its failure is latched, so it is never "unhandled". */
  function track<T>(work: Promise<T>): Promise<T> {
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

  function refuse(activity: BoundActivity, kind: ActivityKind): void {
    if (activity.kind !== kind) throw new SagaMisuse(`${activity.name} is ${activity.kind}, this verb takes ${kind}`);
    if (progress.failure) throw progress.failure;
    if (progress.phase !== 'open') {
      throw new SagaMisuse(`${activity.name} comes after the pivot: only its tail can, and that takes retriable ones`);
    }
  }

  async function step(activity: BoundActivity<'compensatable'>, input: Json): Promise<Json> {
    refuse(activity, 'compensatable');
    const record = operation.begin(activity);
    progress.attempted.push({ activity, record });
    try {
      const output = await dispatch(activity, activity.name, input, record.name, forwardAttempts(activity));
      endStep(record, 'done');
      return output;
    } catch (error) {
      endStep(record, 'failed', operationErrorOf(error));
      throw error;
    }
  }

  async function pivot(activity: BoundActivity<'pivot'>, input: Json, unfinished: number): Promise<Live<Json>> {
    refuse(activity, 'pivot');
    if (unfinished > 0) throw new SagaMisuse(`${unfinished} step(s) are under way: await every step before the pivot`);
    progress.phase = 'pivoting';
    operation.state.cancellable = false;
    const record = operation.begin(activity);
    try {
      return live(record, await dispatch(activity, activity.name, input, record.name, settledAttempts(activity)));
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      // Never a guess: the attempt that failed here may have committed.
      const settlement = await settle(activity, record);
      if (settlement?.outcome === 'done') return live(record, settlement.output);
      endStep(record, 'failed', operationErrorOf(error));
      progress.phase = 'closed';
      progress.gaveUp = settlement === undefined;
      throw error;
    }
  }

  /** @returns undefined when a person gave up finding out */
  async function settle(activity: BoundActivity, record: StepRecord): Promise<Settlement | undefined> {
    const stuck = { activity, record, phase: 'pivot', actions: ['retry', 'give-up'] } as const;
    const repaired = await untilDecided(desk, stuck, () => {
      record.status = 'running';
      return dispatch(activity, `${activity.name}.settle`, null, record.name, REPAIR_ATTEMPTS);
    });
    return 'value' in repaired ? (repaired.value as Settlement) : undefined;
  }

  function live(record: StepRecord, output: Json): Live<Json> {
    endStep(record, 'done');
    progress.phase = 'pivoted';
    const tail = (activity: BoundActivity<'retriable'>, input: Json) => track(runTail(progress, activity, input));
    return { output, tail: tail as unknown as Live<Json>['tail'] };
  }
}

type Settlement = { readonly outcome: 'done'; readonly output: Json } | { readonly outcome: 'fenced' };
