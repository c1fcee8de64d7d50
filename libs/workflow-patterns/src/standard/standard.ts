import type { ActivityDefinition, Bound, Call, Json, Wire, WorkflowDefinition } from '@adx/contract-kit';
import { CancellationScope, TemporalFailure, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import { REPAIR_ATTEMPTS, settledAttempts } from '../attempts.ts';
import { boundsScale } from '../bounds.ts';
import { createDispatch } from '../dispatch.ts';
import { createOperation, endStep } from '../operation.ts';
import { pinned } from '../versioned.ts';
import { endOf } from './ending.ts';
import type { Settlement } from './ending.ts';

/**
 * A business process of one effect in the own service: a saga that consists of its pivot. On success it is one workflow
 * task and one local activity, in which access check, effect, ledger row and audit entry are one transaction. There is no
 * deadline timer: the attempts are bounded by the contract, and all of them together by an hour.
 *
 * Whatever goes wrong, the owner's ledger is asked how it ended: done is `completed`, also after a cancellation that came
 * too late; not done is fenced, so that no late attempt can belie the answer. Then it ends as a failed workflow
 * (`StandardFailed`, whose details are the operation's state and whose cause is what the attempt failed with), or as a
 * cancelled one. When the ledger cannot be asked either, it ends in `StandardUnsettled`.
 *
 * What comes after the effect and must not fail it belongs into the outbox, which commits with it.
 *
 * @param definition whose input and output are those of the activity
 * @param activity of the same service
 * @throws TypeError at definition when the activity is another service's
 * @example
 * export const changePlan = standard(tenantContract.workflows.changePlan, tenantContract.activities.setPlan);
 */
export function standard<I extends Wire, O extends Wire>(
  definition: WorkflowDefinition<'standard', I, O> & Bound,
  activity: ActivityDefinition<'pivot', I, O> & Bound,
): (input: z.output<I>, call: Call) => Promise<z.output<O>> {
  if (activity.taskQueue !== definition.taskQueue) {
    throw new TypeError(
      `the standard process "${definition.name}" of ${definition.service} takes one effect of its own, ` +
        `"${activity.name}" is of ${activity.service}: a process over services is a saga`,
    );
  }
  return pinned(async (input, call) => {
    const { workflowType } = workflowInfo();
    if (workflowType !== definition.name) {
      throw new TypeError(
        `the standard process "${definition.name}" is exported as "${workflowType}": export it by its name`,
      );
    }
    const operation = createOperation();
    const dispatch = createDispatch(call, boundsScale(), definition.taskQueue);
    const step = operation.begin(activity);
    let output: Json;
    try {
      output = await dispatch(activity, activity.name, input, step.name, settledAttempts(activity));
    } catch (error) {
      // Anything else is a bug: it fails the workflow task, which waits for a fixed build.
      if (!(error instanceof TemporalFailure)) throw error;
      // Never a guess: an attempt may have committed, or may still be at it.
      const settlement = await CancellationScope.nonCancellable(() =>
        dispatch(activity, `${activity.name}.settle`, null, step.name, REPAIR_ATTEMPTS),
      ).catch((unsettled: unknown) => {
        if (!(unsettled instanceof TemporalFailure)) throw unsettled;
        return undefined;
      });
      output = endOf(operation, step, error, settlement as Settlement | undefined);
    }
    endStep(step, 'done');
    operation.state.cancellable = false;
    operation.setStatus('completed');
    return output as z.output<O>;
  });
}
