import type { AnyWorkflowDefinition, Bound, Duration, Exact, In, Json, Out, SignalSchemas } from '@adx/contract-kit';
import type { z } from 'zod';
import { runChild, runLiveChild } from './child.ts';
import type { BoundWorkflow, UndoableWorkflow } from './child.ts';
import { runParallel } from './parallel.ts';
import type { Branches, Gathered } from './parallel.ts';
import { runPivot } from './pivot.ts';
import { keepSight } from './saga-progress.ts';
import type { SagaProgress } from './saga-progress.ts';
import { runOptional, runRead, runStep } from './step.ts';
import type { BoundActivity, Outcome } from './step.ts';
import { runTail } from './tail.ts';
import type { TailOptions } from './tail.ts';
import { runWaitFor } from './wait-for.ts';

/** The verbs of a saga before its pivot. */
export interface SagaRun<S extends SignalSchemas = Record<never, never>> {
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
   * Takes a step that may fail: the saga goes on either way. One that failed is undone at once, since its outcome may
   * be unknown; one that succeeded is undone with the others.
   */
  optional<A extends BoundActivity<'compensatable'>, const X extends In<A>>(
    activity: A,
    input: Exact<In<A>, X>,
  ): Promise<Outcome<Out<A>>>;
  /** Asks for something that has no effect, so that there is nothing to undo. @throws ActivityFailure; it latches */
  read<A extends BoundActivity<'readonly'>, const X extends In<A>>(
    activity: A,
    input: Exact<In<A>, X>,
  ): Promise<Out<A>>;
  /**
   * Begins independent branches in order and waits for all of them. The first failure latches, the others are cancelled
   * and waited for. Undone in the reverse of the order in which their steps began.
   *
   * @example
   * const { seat, card } = await run.parallel({
   *   seat: () => run.step(hall.reserveSeat, { row }),
   *   card: () => run.step(bank.hold, { amount }),
   * });
   */
  parallel<const B extends Branches>(branches: B): Promise<Gathered<B>>;
  /**
   * Another saga as a step, under the same principal. It undoes itself when it fails; once finished it is undone by the
   * saga that its contract names in `undoneBy`, and one without that can only come after the pivot.
   *
   * @throws ChildWorkflowFailure when it ended without a result; it latches
   */
  child<W extends UndoableWorkflow, const X extends In<W>>(workflow: W, input: Exact<In<W>, X>): Promise<Out<W>>;
  /** Waits for a time. */
  waitFor(duration: Duration): Promise<void>;
  /** Waits until the process is told something that its contract declares in `signals`. */
  waitFor<N extends keyof S & string>(signal: N): Promise<z.output<S[N]>>;
  /** The same, but undefined when it does not come in time; what is there at that very moment wins. */
  waitFor<N extends keyof S & string>(
    signal: N,
    options: { readonly within: Duration },
  ): Promise<z.output<S[N]> | undefined>;
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
   *
   * @param options.actions what may be answered once it is parked; everything by default
   */
  tail<A extends BoundActivity<'retriable'>, const X extends In<A>>(
    activity: A,
    input: Exact<In<A>, X>,
    options?: TailOptions,
  ): Promise<void>;
  /** The same for a whole process; one that does not finish is parked, and a retry is an operation of its own. */
  child<W extends AnyWorkflowDefinition & Bound, const X extends In<W>>(
    workflow: W,
    input: Exact<In<W>, X>,
  ): Promise<void>;
}

/** The verbs, bound to one saga. */
export function createSagaRun<S extends SignalSchemas>(progress: SagaProgress, definition: Bound): SagaRun<S> {
  const verbs = {
    step: (activity: BoundActivity, input: Json) => track(runStep(progress, activity, input)),
    optional: (activity: BoundActivity, input: Json) => track(runOptional(progress, activity, input)),
    read: (activity: BoundActivity, input: Json) => track(runRead(progress, activity, input)),
    parallel: (branches: Branches) => track(runParallel(progress, branches)),
    child: (workflow: UndoableWorkflow, input: Json) => track(runChild(progress, workflow, input)),
    waitFor: (what: string, options?: { readonly within: Duration }) =>
      track(runWaitFor(progress, definition, what, options?.within)),
    pivot: (activity: BoundActivity, input: Json) => {
      const unfinished = progress.inFlight.size;
      return track(runPivot(progress, activity, input, unfinished).then(live));
    },
  };
  // The signatures of the author's verbs say more than any implementation can check: exact inputs, branded outputs.
  return verbs as unknown as SagaRun<S>;

  function track<T>(work: Promise<T>): Promise<T> {
    return keepSight(progress, work);
  }

  function live(output: Json): Live<Json> {
    const tail = (activity: BoundActivity, input: Json, options?: TailOptions) =>
      track(runTail(progress, activity, input, options));
    const child = (workflow: BoundWorkflow, input: Json) => track(runLiveChild(progress, workflow, input));
    return { output, tail, child } as unknown as Live<Json>;
  }
}
