import { EVENTS_PER_RUN_MEMO } from '@adx/contract-kit';
import type { Bound, Json } from '@adx/contract-kit';
import { TemporalFailure, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import { batchAttempts, forwardAttempts, settledAttempts } from '../attempts.ts';
import type { Attempts } from '../dispatch.ts';
import { operationErrorOf } from '../operation-error.ts';
import { endStep, now } from '../operation.ts';
import type { StepRecord } from '../operation.ts';
import type { Lane } from './carried.ts';
import type { AnyPlan, LongRun } from './long-run.ts';
import type { BatchOutcome, BatchPlace } from './plan.ts';

/** So many batches that were set aside are shown; all of them are in the owner's database. */
const SHOWN_SET_ASIDE = 5;
const LONGEST_MESSAGE = 200;
/** What the end of a run may take: a batch that is set aside, closing, the status. */
const EVENTS_RESERVED = 30;
/** An activity of each lane may be under way: scheduled, started, ended, and a workflow task before and after. */
const EVENTS_PER_ACTIVITY = 12;

type AnyActivity = AnyPlan['batch']['activity'];

/**
 * Runs all lanes until each is at its end, or the run has had its share of history events.
 *
 * @throws TemporalFailure when a failed batch could not even be set aside, or when cancelled
 */
export async function runLanes(run: LongRun): Promise<void> {
  let failed = false;
  const ends = await Promise.allSettled(
    run.carried.lanes.map((lane, index) =>
      runLane(run, lane, index, () => failed).catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    ),
  );
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}

/** Whether this run should end here and go on as a new one. */
export function isFull({ carried, plan }: LongRun): boolean {
  const { historyLength, continueAsNewSuggested, memo } = workflowInfo();
  const lowered = memo?.[EVENTS_PER_RUN_MEMO];
  const cap = typeof lowered === 'number' ? lowered : plan.eventsPerRun;
  const perLane = plan.page ? 2 * EVENTS_PER_ACTIVITY : EVENTS_PER_ACTIVITY;
  const reserved = EVENTS_RESERVED + perLane * carried.lanes.length;
  return continueAsNewSuggested || historyLength >= cap - reserved;
}

/** @param isOver whether another lane failed: then this one ends after the batch it is at */
async function runLane(run: LongRun, lane: Lane, index: number, isOver: () => boolean): Promise<void> {
  const { gate, plan, scale } = run;
  // At least one batch a run, or a cap that is too small would be a loop.
  for (let first = true; lane.cursor !== null && !isOver(); first = false) {
    await gate.pass();
    if (!first && isFull(run)) return;
    gate.batchBegins();
    try {
      await runBatch(run, lane, index);
    } finally {
      gate.batchEnds();
    }
    if (plan.rest && lane.batches % plan.rest.every === 0 && lane.cursor !== null) {
      await sleep(scale.interval(plan.rest.for));
    }
  }
}

async function runBatch(run: LongRun, lane: Lane, index: number): Promise<void> {
  const { plan, input, operation } = run;
  const number = lane.batches + 1;
  const place: BatchPlace = { cursor: lane.cursor, size: plan.batch.size };
  const attempt = (activity: AnyActivity, made: Json, attempts: Attempts) =>
    attemptStep(run, activity, made, nameOf(activity, index, number), attempts);
  const { page, batch } = plan;
  const listed = page && (await attempt(page.activity, page.input(input, place), forwardAttempts(page.activity)));
  let outcome: Json;
  try {
    outcome = await attempt(batch.activity, batch.input(input, place, listed), batchAttempts(batch.activity));
  } catch (error) {
    if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error;
    const { activity, input: inputOf } = plan.setAside;
    const made = inputOf(input, place, operationErrorOf(error).type, listed);
    const name = nameOf(activity, index, number);
    outcome = await run.dispatch(activity, activity.name, made, name, settledAttempts(activity));
    const failed = operation.state.steps.filter(({ status }) => status === 'failed');
    failed.slice(0, -SHOWN_SET_ASIDE).forEach((old) => remove(run, old));
  }
  const done = outcome as unknown as BatchOutcome;
  lane.batches = number;
  lane.cursor = done.cursor;
  run.advance(done);
}

/** Shows a step while it runs, and for good when it fails: hundreds that went well would hide the few that did not. */
async function attemptStep(
  run: LongRun,
  activity: AnyActivity,
  made: Json,
  name: string,
  attempts: Attempts,
): Promise<Json> {
  const record: StepRecord = { name, service: activity.service, status: 'running', startedAt: now() };
  run.operation.state.steps.push(record);
  try {
    const answer = await run.dispatch(activity, activity.name, made, name, attempts);
    remove(run, record);
    return answer;
  } catch (error) {
    if (error instanceof TemporalFailure) {
      const { type, message } = operationErrorOf(error);
      endStep(record, 'failed', { type, message: message.slice(0, LONGEST_MESSAGE) });
    }
    throw error;
  }
}

/** The ledger's name of a batch: its lane, but for the first, and its number, which goes on from run to run. */
function nameOf({ name }: Bound, lane: number, number: number): string {
  const inLane = lane === 0 ? name : `${name}.${lane + 1}`;
  return number === 1 ? inLane : `${inLane}~${number}`;
}

function remove({ operation }: LongRun, record: StepRecord): void {
  const { steps } = operation.state;
  steps.splice(steps.indexOf(record), 1);
}
