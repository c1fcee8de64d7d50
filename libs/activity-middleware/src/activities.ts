import { failure } from '@adx/contract-kit';
import type { Contract, Json } from '@adx/contract-kit';
import { activityInfo } from '@temporalio/activity';
import { z } from 'zod';
import type { Frame } from './frame.ts';
import type { AnyHandler } from './handlers.ts';
import { DERIVED_MODES } from './invocation.ts';
import type { ActivityMode, Invocation, StepCall } from './invocation.ts';
import { whileBeating } from './heartbeat.ts';
import { runChain } from './middleware.ts';
import type { AnyMiddleware } from './middleware.ts';
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
  for (const activity of Object.values(contract.activities)) {
    const handler = handlers[activity.name]!;
    const modes: readonly ActivityMode[] = ['forward', ...DERIVED_MODES[activity.kind]];
    for (const mode of modes) {
      activities[mode === 'forward' ? activity.name : `${activity.name}.${mode}`] = async (raw, call) => {
        const { attempt, startToCloseTimeoutMs } = activityInfo();
        try {
          const invocation: Invocation = {
            activity,
            mode,
            call: stepCall(call),
            attempt: { attempt, timeoutMs: startToCloseTimeoutMs },
            raw,
          };
          return await whileBeating(() =>
            runChain(chain, invocation, dependencies, (context) => frame.run(context, handler, dependencies)),
          );
        } catch (error) {
          throw withAttempt(asFailure(error), attempt);
        }
      };
    }
  }
  return activities;
}

function stepCall(call: unknown): StepCall {
  const parsed = StepCallSchema.safeParse(call);
  if (parsed.success) return parsed.data as unknown as StepCall;
  throw failure('InvalidInput', 'the second argument is no call of the kernel: start activities through a pattern');
}
