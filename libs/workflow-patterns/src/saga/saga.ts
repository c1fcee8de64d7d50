import type { Bound, Call, Duration, SignalSchemas, Wire, WorkflowDefinition } from '@adx/contract-kit';
import type { z } from 'zod';
import { createSagaRun } from './saga-run.ts';
import type { SagaRun } from './saga-run.ts';
import { undoable } from './undoable.ts';

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
  return undoable(definition, deadline, (progress, input) => body(createSagaRun<S>(progress, definition), input));
}
