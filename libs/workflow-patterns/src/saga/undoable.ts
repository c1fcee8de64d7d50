import { milliseconds } from '@adx/contract-kit';
import type { AnyWorkflowDefinition, Bound, Call, Duration } from '@adx/contract-kit';
import {
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  patched,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { pinned } from '../versioned.ts';
import { complete, fail } from './ending.ts';
import { SagaMisuse } from './saga-misuse.ts';
import { beginSaga, latch } from './saga-progress.ts';
import type { SagaProgress } from './saga-progress.ts';
import { undoAll } from './undo.ts';

type Run<I, O> = (input: I, call: Call) => Promise<O>;

/**
 * Whatever takes steps that can be undone, from its beginning to an honest end: sagas, and resilient processes, whose
 * verbs differ and nothing else.
 *
 * @param body gets what its verbs stand on
 * @throws RangeError at definition when the deadline is no duration
 */
export function undoable<I, O>(
  definition: AnyWorkflowDefinition & Bound,
  deadline: Duration,
  body: (progress: SagaProgress, input: I) => Promise<O>,
): Run<I, O> {
  milliseconds(deadline);
  return pinned(async (input, call) => {
    const { workflowType } = workflowInfo();
    if (workflowType !== definition.name) {
      throw new SagaMisuse(
        `the ${definition.pattern === 'saga' ? 'saga' : 'resilient process'} of "${definition.name}" is exported as "${workflowType}": export it by its name`,
      );
    }
    const progress = beginSaga(definition, call);
    // A scope's parent is fixed where it is made: detached from the root, so that the kernel decides what interrupts.
    const scope = await CancellationScope.nonCancellable(() => Promise.resolve(new CancellationScope()));
    const stopWatching = watchForInterruptions(progress, scope, deadline);

    let output: O | undefined;
    try {
      output = await scope.run(() => body(progress, input));
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
  });
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
