import { failure, signalCheck } from '@adx/contract-kit';
import type { Contract, Json } from '@adx/contract-kit';
import { activityInfo } from '@temporalio/activity';
import { z } from 'zod';
import type { Frame } from './frame.ts';
import type { AnyHandler } from './handlers.ts';
import { DERIVED_MODES } from './invocation.ts';
import type { ActivityMode, Invocation, StepCall } from './invocation.ts';
import { runChain } from './middleware.ts';
import type { AnyMiddleware } from './middleware.ts';
import { withJitter } from './retry-jitter.ts';
import { asFailure } from './unexpected-error.ts';
import { withAttempt } from './waiting-failure.ts';

/** Activities by type, as a Temporal worker registers them. */
export type Activities = Readonly<Record<string, (input: unknown, call: unknown) => Promise<Json>>>;

const StepCallSchema = z.looseObject({
  operationId: z.string().min(1),
  principal: z.string(),
  executionKey: z.string().min(1),
  step: z.string().min(1),
});

/** All activities of a contract, the derived ones included. */
export function createActivities({
  contract,
  chain,
  frame,
  handlers,
  dependencies,
}: {
  readonly contract: Contract;
  readonly chain: readonly AnyMiddleware[];
  readonly frame: Frame<Invocation, unknown, object>;
  readonly handlers: Readonly<Record<string, AnyHandler>>;
  readonly dependencies: object;
}): Activities {
  const activities: Record<string, (input: unknown, call: unknown) => Promise<Json>> = {};
  const framed = (handler: AnyHandler) => (context: Invocation) => frame.run(context, handler, dependencies);
  for (const activity of Object.values(contract.activities)) {
    const innermost = framed(handlers[activity.name]!);
    const modes: readonly ActivityMode[] = ['forward', ...DERIVED_MODES[activity.kind]];
    for (const mode of modes) {
      register(mode === 'forward' ? activity.name : `${activity.name}.${mode}`, activity, mode, innermost);
    }
  }
  for (const workflow of Object.values(contract.workflows)) {
    const about = { ...FOR_WORKFLOWS, service: workflow.service, taskQueue: workflow.taskQueue };
    // A process that is a step of another one may have to be decided on by a person, as any step.
    const asStep = { ...about, name: workflow.name, input: workflow.input };
    register(`${workflow.name}.resolve`, asStep, 'resolve', framed({}));
    for (const [name, input] of Object.entries(workflow.signals)) {
      const type = signalCheck(workflow.name, name);
      // No transaction: what is asked is only if the payload fits and if the signature of its sender is good.
      const parsed = (context: Invocation) => Promise.resolve((context as Invocation & { readonly input: Json }).input);
      register(type, { ...about, name: type, input }, 'forward', parsed);
    }
  }
  return activities;

  function register(
    type: string,
    activity: Invocation['activity'],
    mode: ActivityMode,
    innermost: (context: Invocation) => Promise<Json>,
  ): void {
    activities[type] = async (raw, call) => {
      const { attempt, startToCloseTimeoutMs, retryPolicy: policy } = activityInfo();
      try {
        const invocation: Invocation = {
          activity,
          mode,
          call: stepCall(call),
          attempt: { attempt, timeoutMs: startToCloseTimeoutMs },
          raw,
        };
        return await runChain(chain, invocation, dependencies, innermost);
      } catch (error) {
        throw withJitter(withAttempt(asFailure(error), attempt), { attempt, policy });
      }
    };
  }
}

/** What the activities have in common that are derived from a workflow. */
const FOR_WORKFLOWS = {
  kind: 'readonly',
  effect: 'database',
  access: 'lifecycle',
  roles: [],
  output: z.json(),
  errors: {},
  bounds: { attempt: '10s', attempts: 3 },
} as const;

function stepCall(call: unknown): StepCall {
  const parsed = StepCallSchema.safeParse(call);
  if (parsed.success) return parsed.data as unknown as StepCall;
  throw failure('InvalidInput', 'the second argument is no call of the kernel: start activities through a pattern');
}
