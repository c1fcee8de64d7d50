import type { Bound, Call, Duration, Exact, In, Json, Out, Wire, WorkflowDefinition } from '@adx/contract-kit';
import type { z } from 'zod';
import { keepSight } from '../saga/saga-progress.ts';
import type { BoundActivity, Outcome } from '../saga/step.ts';
import { undoable } from '../saga/undoable.ts';
import type { Policy } from './policy.ts';
import { recover } from './recover.ts';
import type { Recovering } from './recover.ts';

type Steps = Readonly<Record<string, BoundActivity<'compensatable'>>>;

type ErrorsOf<S extends Steps> = { readonly [K in keyof S]: keyof S[K]['errors'] & string }[keyof S];

/** What the author of a resilient process must decide. */
export interface ResilientPlan<S extends Steps> {
  /** The activities that it takes, and no others. */
  readonly steps: S;
  /** What becomes of each way in which they can fail; exhaustive over the errors that they declare. */
  readonly policy: Policy<ErrorsOf<S>>;
  /**
   * After this, every attempted step is undone, also while a person is waited for: no effect is left to somebody who
   * never comes.
   */
  readonly deadline: Duration;
}

/** The verbs of a resilient process. */
export interface ResilientRun<A extends BoundActivity<'compensatable'>> {
  /**
   * Takes a step that the process cannot do without: it comes back with the output, or not at all. What the policy
   * would set aside compensates.
   *
   * @throws ActivityFailure when it compensates; it latches: a process that catches it is undone all the same
   */
  step<B extends A, const X extends In<B>>(activity: B, input: Exact<In<B>, X>): Promise<Out<B>>;
  /** Takes a step that may be set aside, by the policy or by a person; then the process `completed-with-errors`. */
  optional<B extends A, const X extends In<B>>(activity: B, input: Exact<In<B>, X>): Promise<Outcome<Out<B>>>;
}

/**
 * A business process that meets every failure as its policy says: tries again from where it was, goes on without the
 * step, asks a person, or undoes every attempted step through the owner's ledger. It ends as a saga does, in the same
 * statuses and failures, and like one it has no effect that nobody knows of.
 *
 * @example
 * export const syncDirectory = resilient(
 *   userContract.workflows.syncDirectory,
 *   {
 *     steps: { openDirectorySync, syncDirectoryPage },
 *     policy: { DirectoryGone: 'compensate', PageRefused: 'set-aside', NoOwnerLeft: 'escalate' },
 *     deadline: '7d',
 *   },
 *   async (run, input) => { ... await run.optional(syncDirectoryPage, { ... }) ... },
 * );
 *
 * @throws RangeError at definition when the deadline is no duration
 */
export function resilient<I extends Wire, O extends Wire, S extends Steps>(
  definition: WorkflowDefinition<'resilient', I, O> & Bound,
  { policy, deadline }: ResilientPlan<S>,
  body: (run: ResilientRun<S[keyof S]>, input: z.output<I>) => Promise<z.output<O>>,
): (input: z.output<I>, call: Call) => Promise<z.output<O>> {
  return undoable(definition, deadline, (progress, input) => {
    const recovering: Recovering = { progress, policy, told: new Set() };
    const verbs = {
      step: (activity: BoundActivity, given: Json) =>
        keepSight(progress, recover(recovering, activity, given, { optional: false }).then(outputOf)),
      optional: (activity: BoundActivity, given: Json) =>
        keepSight(progress, recover(recovering, activity, given, { optional: true })),
    };
    // The signatures of the author's verbs say more than any implementation can check: exact inputs, branded outputs.
    return body(verbs as unknown as ResilientRun<S[keyof S]>, input);
  });
}

/** One that is not optional is never set aside. */
function outputOf(outcome: Outcome<Json>): Json {
  return (outcome as Extract<Outcome<Json>, { readonly ok: true }>).output;
}
