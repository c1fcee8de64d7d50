import type { Duration, Json, ResolutionOutcome } from '@adx/contract-kit';
import { CancellationScope, TemporalFailure, isCancellation, log, sleep, workflowInfo } from '@temporalio/workflow';
import { forwardAttempts } from '../attempts.ts';
import { hash } from '../hash.ts';
import { operationErrorOf } from '../operation-error.ts';
import { endStep } from '../operation.ts';
import type { Decision, Stuck } from '../saga/attention.ts';
import { admit } from '../saga/saga-progress.ts';
import type { Attempted, SagaProgress } from '../saga/saga-progress.ts';
import { begin } from '../saga/step.ts';
import type { BoundActivity, Outcome } from '../saga/step.ts';
import { undoWith } from '../saga/undo.ts';
import { recoveryOf } from './policy.ts';
import type { LastResort, Policy } from './policy.ts';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** How far a wait may be from the plan, in both directions: what failed together comes back apart. */
const SPREAD = 0.25;

/** What one resilient process knows besides what every process with undo does. */
export interface Recovering {
  readonly progress: SagaProgress;
  readonly policy: Policy;
  /** What a person was told, by step and type: the same is not told twice. */
  readonly told: Set<string>;
}

/** A step until it succeeds, or until the policy or a person says what becomes of it. */
export async function recover(
  recovering: Recovering,
  activity: BoundActivity,
  input: Json,
  { optional }: { readonly optional: boolean },
): Promise<Outcome<Json>> {
  const { progress } = recovering;
  const attempted = begin(progress, activity);
  const { record } = attempted;
  let decision: Decision | undefined;
  const answer = (outcome: ResolutionOutcome['outcome']) => {
    decision?.answer(outcome);
    decision = undefined;
  };
  try {
    for (;;) {
      const end = await untilLastResort(recovering, activity, input, attempted);
      if ('output' in end) {
        delete record.error;
        endStep(record, 'done');
        return { ok: true, output: end.output };
      }
      const { error } = end;
      let resort = end.resort;
      if (resort === 'escalate') {
        const actions = optional ? (['retry', 'skip', 'give-up'] as const) : (['retry', 'give-up'] as const);
        const stuck = { activity, record, phase: 'step', error, actions } as const;
        const parked = park(progress, stuck);
        answer('parked-again');
        decision = await parked;
        if (decision.action === 'retry') continue;
        resort = decision.action === 'skip' ? 'set-aside' : 'compensate';
        answer('resolved');
      }
      if (resort === 'compensate' || !optional) throw error;
      return await setAside(progress, attempted, error);
    }
  } catch (error) {
    // The real error, and not that somebody cancelled the waiting.
    if (record.endedAt === undefined) endStep(record, 'failed', record.error ?? operationErrorOf(error));
    throw error;
  } finally {
    answer('resolved');
  }
}

type RoundEnd = { readonly output: Json } | { readonly resort: LastResort; readonly error: TemporalFailure };

/** Tries and recovers, as often as the policy says. */
async function untilLastResort(
  { progress, policy, told }: Recovering,
  activity: BoundActivity,
  input: Json,
  { record }: Attempted,
): Promise<RoundEnd> {
  for (let recoveries = 0; ; recoveries += 1) {
    record.status = 'running';
    record.attempts = (record.attempts ?? 0) + 1;
    try {
      return {
        output: await progress.dispatch(activity, activity.name, input, record.name, forwardAttempts(activity)),
      };
    } catch (error) {
      // A bug, or an interruption, which is no error of the step.
      if (!(error instanceof TemporalFailure) || progress.failure || isCancellation(error)) throw error;
      const { retry, then } = recoveryOf(policy, error);
      record.error = operationErrorOf(error);
      if (recoveries < retry) {
        await sleep(progress.scale.interval(waitOf(record.name, record.attempts, recoveries)));
        continue;
      }
      const what = { step: record.name, type: record.error.type };
      const key = `${what.step}/${what.type}`;
      // Mistakes of the caller and what is set aside by plan page nobody.
      if ((then === 'escalate' || retry > 0) && !told.has(key)) {
        told.add(key);
        // Worse when there are effects that would have to be undone.
        const level = progress.attempted.length > 1 ? 'critical' : 'warning';
        log.warn('a step cannot go on', { alert: level, ...what, attempts: record.attempts, then });
      }
      return { resort: then, error };
    }
  }
}

/** 1, 2, 4, ... s, a quarter more or less: by a hash, as a process has no random numbers of its own. */
function waitOf(step: string, attempt: number, recoveries: number): Duration {
  const part = hash(`${workflowInfo().workflowId}/${step}/${attempt}`) / 2 ** 53;
  const planned = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** recoveries);
  return `${Math.round(planned * (1 - SPREAD + 2 * SPREAD * part))}ms`;
}

/** Waits for a person, and no longer when the process is cancelled or past its deadline. */
async function park({ desk }: SagaProgress, stuck: Stuck): Promise<Decision> {
  const parked = desk.park(stuck);
  try {
    return await Promise.race([parked, CancellationScope.current().cancelRequested]);
  } catch (error) {
    desk.withdraw(stuck.record.name);
    // One whose answer is being recorded at this moment is told that nothing waits any more.
    void parked.then((late) => late.answer('resolved'));
    throw error;
  }
}

/**
 * Goes on without a step. It is undone at once: its outcome may be unknown, and the ledger then closes its door, so that
 * no late attempt can belie that it was left out.
 */
async function setAside(progress: SagaProgress, attempted: Attempted, error: TemporalFailure): Promise<Outcome<never>> {
  const why = operationErrorOf(error);
  endStep(attempted.record, 'skipped', why);
  // Nobody gives up here: the process is to go on.
  const actions = ['retry', 'skip', 'done-by-hand'] as const;
  await CancellationScope.nonCancellable(() => undoWith(progress, attempted, actions));
  // It may have been interrupted meanwhile.
  admit(progress, attempted.record.name);
  return { ok: false, error: why };
}
