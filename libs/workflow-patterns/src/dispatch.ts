import { WAITING_FAILURES, parseOperationId } from '@adx/contract-kit';
import type { Bound, Call, Duration, Json } from '@adx/contract-kit';
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  proxyActivities,
  proxyLocalActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { BoundsScale } from './bounds.ts';
import { refusalOf, untilNotRefused } from './refusals.ts';

/** A slow local activity holds back cancellation and queries for its whole length, so it gets this long and no longer. */
const LOCAL_ATTEMPT: Duration = '2s';

/** How often and how long an activity is tried. */
export interface Attempts {
  readonly attempt: Duration;
  readonly attempts: number;
  readonly firstRetry: Duration;
  readonly longestRetry: Duration;
  /** After so long a silence an attempt counts as lost. */
  readonly heartbeat?: Duration;
  /** Ends the waiting for a worker that does not come; without it the saga's deadline does. */
  readonly within?: Duration;
  /** False for what takes long: it would hold back cancellation and queries. Default: a first attempt if the queue is the own one. */
  readonly locally?: false;
}

/** Runs one activity of a contract, or one that the middleware derived from it (`<name>.undo`). */
export type Dispatch = (
  owner: Bound,
  activityType: string,
  input: Json,
  step: string,
  attempts: Attempts,
  call?: Call,
) => Promise<Json>;

/**
 * Activities by name on the owner's queue. One on the own queue gets a short local attempt first, so that several of
 * them share a workflow task; when it fails retryably, it goes on as an ordinary one. The step ledger makes that
 * hand-over safe.
 *
 * @param ownQueue of the workflow's contract; not the worker's, which is another one in a replay
 */
export function createDispatch(operationCall: Call, scale: BoundsScale, ownQueue: string): Dispatch {
  const info = workflowInfo();
  // The first run's id is stable over attempts, continue-as-new and reset; the run id itself is not.
  const executionKey = `${info.workflowId}/${info.firstExecutionRunId}`;

  const fairnessKey = parseOperationId(info.workflowId)?.tenantId;

  return async (owner, activityType, input, step, attempts, call = operationCall) => {
    const args = [input, { ...call, operationId: info.workflowId, executionKey, step }] as const;
    // What heartbeats is long: it would not end within a local attempt.
    let locally =
      attempts.locally !== false &&
      owner.taskQueue === ownQueue &&
      attempts.attempts > 1 &&
      attempts.heartbeat === undefined;
    const runRemotely = (left: number, remainingMs: number | undefined) => {
      const remote = proxyActivities<Record<string, (...a: readonly unknown[]) => Promise<Json>>>({
        taskQueue: owner.taskQueue,
        startToCloseTimeout: scale.attempt(attempts.attempt),
        ...(attempts.heartbeat === undefined ? {} : { heartbeatTimeout: scale.attempt(attempts.heartbeat) }),
        ...(remainingMs === undefined ? {} : { scheduleToCloseTimeout: remainingMs }),
        retry: {
          maximumAttempts: left,
          initialInterval: scale.interval(attempts.firstRetry),
          maximumInterval: scale.interval(attempts.longestRetry),
          backoffCoefficient: 2,
          // The server would count them as attempts; we wait for them ourselves.
          nonRetryableErrorTypes: [...WAITING_FAILURES],
        },
        // A tenant with a million tasks in a queue must not make the others wait for all of them.
        ...(fairnessKey === undefined ? {} : { priority: { fairnessKey } }),
        // The ledger makes a late effect harmless: nobody has to wait for a cancelled attempt.
        cancellationType: ActivityCancellationType.TRY_CANCEL,
      });
      return remote[activityType]!(...args);
    };
    const budget = { left: attempts.attempts };
    const run = async (remainingMs: number | undefined) => {
      if (!locally) return runRemotely(budget.left, remainingMs);
      locally = false;
      try {
        return await runLocally(activityType, args);
      } catch (error) {
        if (refusalOf(error) || !isWorthAnother(error)) throw error;
        budget.left -= 1;
        return runRemotely(budget.left, remainingMs);
      }
    };
    const within = attempts.within === undefined ? undefined : scale.patience(attempts.within);
    return untilNotRefused(run, budget, within);
  };

  function runLocally(activityType: string, args: readonly unknown[]): Promise<Json> {
    const local = proxyLocalActivities<Record<string, (...a: readonly unknown[]) => Promise<Json>>>({
      startToCloseTimeout: scale.attempt(LOCAL_ATTEMPT),
      retry: { maximumAttempts: 1 },
      cancellationType: ActivityCancellationType.TRY_CANCEL,
    });
    return local[activityType]!(...args);
  }
}

function isWorthAnother(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof CancelledFailure) return false;
  return !(cause instanceof ApplicationFailure && cause.nonRetryable);
}
