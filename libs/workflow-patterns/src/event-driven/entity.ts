import { failure, milliseconds } from '@adx/contract-kit';
import type {
  ActivityDefinition,
  Bound,
  Call,
  EntityEnding,
  EntityStanding,
  Json,
  Wire,
  WorkflowDefinition,
} from '@adx/contract-kit';
import {
  CancellationScope,
  CancelledFailure,
  TemporalFailure,
  continueAsNew,
  workflowInfo,
} from '@temporalio/workflow';
import type { z } from 'zod';
import { operationErrorOf } from '../operation-error.ts';
import { now } from '../operation.ts';
import { SagaMisuse } from '../saga/saga-misuse.ts';
import { autoUpgraded } from '../versioned.ts';
import { beginLife } from './entity-life.ts';
import type { Life, LifeParts } from './entity-life.ts';
import { beginEntity } from './entity-progress.ts';
import type { Carried, EntityProgress } from './entity-progress.ts';

type Opens<I extends Wire> = ActivityDefinition<
  'retriable',
  z.ZodType<{ readonly at: string; readonly input: z.output<I> }, Json>,
  typeof EntityStanding
> &
  Bound;
/** What the author of an entity must decide. */
export interface EntityParts<I extends Wire> extends LifeParts {
  /** Writes the first row, or finds the one that is there. */
  readonly open: Opens<I>;
}

type Run<I extends Wire> = (input: z.output<I>, call: Call, carried?: Carried) => Promise<EntityEnding>;

/**
 * One thing of the business that lives on events and times: its state is in its owner's database, and this process
 * brings it every event once, in order, and every time when it comes. An event that waits when a time comes is applied
 * first. Goes on as a new run before its history grows; ends with why, as a cancelled workflow after a cancellation, or
 * in `EntityFailed` when it could not begin or a person gave up.
 *
 * @example
 * export const tenantSubscription = entity(tenantContract.workflows.tenantSubscription, {
 *   open: tenant.openSubscription,
 *   apply: () => tenant.applySubscriptionEvents,
 *   alarm: tenant.subscriptionTime,
 * });
 *
 * @throws RangeError at definition when a deadline is no duration
 */
export function entity<I extends Wire>(
  definition: WorkflowDefinition<'event-driven', I, typeof EntityEnding> & Bound,
  parts: EntityParts<I>,
): Run<I> {
  for (const duration of [parts.idle, parts.deadline]) if (duration !== undefined) milliseconds(duration);
  return autoUpgraded(async (input, call, carried) => {
    const { workflowType } = workflowInfo();
    if (workflowType !== definition.name) {
      throw new SagaMisuse(`the entity "${definition.name}" is exported as "${workflowType}": export it by its name`);
    }
    let cancelled = false;
    CancellationScope.current().cancelRequested.catch(() => (cancelled = true));
    // What is accepted is applied, also when it is being cancelled.
    return CancellationScope.nonCancellable(async () => {
      const progress = beginEntity(definition, call, carried);
      const life = beginLife(progress, parts, call, carried, () => cancelled);
      try {
        if (!carried) await open(progress, life, parts.open, input, call);
        if ((await life.live()) === 'full') return await continueAsNew<Run<I>>(input, call, life.carry());
      } catch (error) {
        // A new run, or a bug: the task fails, and the entity stays as it is.
        if (!(error instanceof TemporalFailure)) throw error;
        throw await fail(progress, life, error);
      }
      await life.close();
      return end(progress);
    });
  });
}

async function open<I extends Wire>(
  progress: EntityProgress,
  life: Life,
  activity: Opens<I>,
  input: z.output<I>,
  call: Call,
): Promise<void> {
  const at = now();
  const opened = await progress.take(activity, { at, input }, { call, sender: true });
  if (!('output' in opened)) {
    progress.operation.state.error = { type: opened.reason, message: 'it could not begin' };
    throw failure('EntityFailed', `${opened.reason}: it could not begin`);
  }
  const standing = opened.output as EntityStanding;
  life.stand(standing, at);
  // It ended before, and the server has forgotten that.
  if (standing.ended) progress.reason = 'event';
}

async function fail({ operation }: EntityProgress, life: Life, cause: TemporalFailure): Promise<Error> {
  await life.close(cause);
  operation.state.cancellable = false;
  operation.state.error ??= operationErrorOf(cause);
  operation.setStatus('failed');
  const { type } = operation.state.error;
  return failure('EntityFailed', `${type}: it cannot go on`, { cause, details: [operation.state as unknown as Json] });
}

function end(progress: EntityProgress): EntityEnding {
  const { operation, standing, counts, reason = 'event' } = progress;
  progress.show();
  operation.state.cancellable = false;
  operation.setStatus(reason === 'cancelled' ? 'cancelled' : 'completed');
  if (reason === 'cancelled') throw new CancelledFailure('cancelled on request; what was applied stays');
  return { state: standing.state, reason, events: { ...counts } };
}
