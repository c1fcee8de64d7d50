import { milliseconds } from '@adx/contract-kit';
import type { Bound, Call, Duration, SignalSchemas, Wire, WorkflowDefinition } from '@adx/contract-kit';
import {
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  patched,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { z } from 'zod';
import { complete, fail } from './ending.ts';
import { SagaMisuse } from './saga-misuse.ts';
import { beginSaga, latch } from './saga-progress.ts';
import type { SagaProgress } from './saga-progress.ts';
import { createSagaRun } from './saga-run.ts';
import type { SagaRun } from './saga-run.ts';
import { undoAll } from './undo.ts';

/** What the author of a saga must decide. */
export interface SagaOptions {
  /**
   * After this, a saga before its pivot is undone. Inside the workflow: one that Temporal times out runs no undo.
   * Required, or a saga would wait for ever for a service that is gone.
   */
  readonly deadline: Duration;
}

/**
 * A business process over several services: all of its steps happen, or every attempted one is undone, last one
 * first, or it waits for a person. It ends as a failed workflow with a typed failure (`SagaCompensated`,
 * `SagaPartlyCompensated`, `SagaTimedOut`, `SagaFailed`, `SagaAlreadyUndone`) whose details are the operation's state
 * and whose cause is the failed step; after a cancellation as a cancelled one.
 *
 * @example
 * export const onboardTenant = saga(tenantContract.workflows.onboardTenant, async (run, input) => {
 *   const { tenantId } = await run.step(tenant.reserveTenant, { slug: input.slug, name: input.name, plan: input.plan });
 *   const live = await run.pivot(tenant.activateTenant, { ... });
 *   await live.tail(notification.sendWelcome, { ... });
 *   return { tenantId };
 * }, { deadline: '15m' });
 *
 * @throws RangeError at definition when the deadline is no duration
 */
export function saga<I extends Wire, O extends Wire, S extends SignalSchemas>(
  definition: WorkflowDefinition<'saga', I, O, S> & Bound,
  body: (run: SagaRun<S>, input: z.output<I>) => Promise<z.output<O>>,
  { deadline }: SagaOptions,
): (input: z.output<I>, call: Call) => Promise<z.output<O>> {
  milliseconds(deadline);
  return async (input, call) => {
    const { workflowType } = workflowInfo();
    if (workflowType !== definition.name) {
      throw new SagaMisuse(`the saga of "${definition.name}" is exported as "${workflowType}": export it by its name`);
    }
    const progress = beginSaga(definition, call);
    // A scope's parent is fixed where it is made: detached from the root, so that the kernel decides what interrupts.
    const scope = await CancellationScope.nonCancellable(() => Promise.resolve(new CancellationScope()));
    const stopWatching = watchForInterruptions(progress, scope, deadline);

    let output: z.output<O> | undefined;
    try {
      output = await scope.run(() => body(createSagaRun<S>(progress, definition), input));
    } catch (error) {
      latch(progress, error);
    }
    return CancellationScope.nonCancellable(async () => {
      if (progress.failure && progress.phase !== 'pivoted') scope.cancel();
      // Steps that the author did not await belong to the saga all the same.
      while (progress.inFlight.size > 0) await Promise.allSettled(progress.inFlight);
      stopWatching();
      if (progress.phase === 'open') progress.phase = 'closed';
      if (progress.bug) throw progress.bug;
      if (progress.failure && progress.phase !== 'pivoted' && !progress.gaveUp) {
        await undoAll(progress);
      }
      if (!allHandlersFinished()) await condition(allHandlersFinished);
      if (progress.failure) throw fail(progress);
      complete(progress);
      return output!;
    });
  };
}

/**
 * A local attempt is in no history until its workflow task is: one that committed and whose task was lost comes again in
 * the next task, and that may be the one that brings the interruption. The body has to take that step again first, or
 * nobody would know that there is something to undo, or that the pivot was taken. One timer later it has.
 */
function whenRecorded(interrupt: () => void): void {
  // Histories of before this was so have no such timer, and were interrupted at this very moment.
  if (patched('interrupted-when-recorded')) void CancellationScope.nonCancellable(() => sleep(1)).then(interrupt);
  else interrupt();
}

/** Lets a cancellation or the deadline through to the body, but only while it may still be undone. */
function watchForInterruptions(progress: SagaProgress, scope: CancellationScope, deadline: Duration): () => void {
  const { state } = progress.operation;
  const interrupt = (how: 'cancelled' | 'timed-out', message: string) => {
    if (progress.phase !== 'open' || progress.failure) return;
    state.error = { type: how === 'cancelled' ? 'Cancelled' : 'DeadlineExceeded', message };
    progress.interrupted = how;
    progress.failure = new CancelledFailure(message);
    scope.cancel();
  };
  CancellationScope.current().cancelRequested.catch(() =>
    whenRecorded(() => interrupt('cancelled', 'cancelled on request')),
  );
  const timer = new CancellationScope();
  timer
    .run(() => sleep(progress.scale.interval(deadline)))
    .then(
      () => whenRecorded(() => interrupt('timed-out', `not finished within ${deadline}`)),
      () => undefined,
    );
  return () => timer.cancel();
}
