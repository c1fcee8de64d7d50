import { EVENTS_PER_RUN_MEMO } from '@adx/contract-kit';
import type { Bound, OperationError } from '@adx/contract-kit';
import { TemporalFailure, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import { batchAttempts, settledAttempts } from '../attempts.ts';
import { operationErrorOf } from '../operation-error.ts';
import { endStep, now } from '../operation.ts';
import type { StepRecord } from '../operation.ts';
import type { Lane } from './carried.ts';
import type { LongRun } from './long-run.ts';
import type { BatchOutcome, BatchPlace } from './plan.ts';

/** So many batches that were set aside are shown; all of them are in the owner's database. */
const SHOWN_SET_ASIDE = 5;
const LONGEST_MESSAGE = 200;
/** What the end of a run may take: a batch that is set aside, closing, the status. */
const EVENTS_RESERVED = 30;
/** A batch of each lane may be under way: scheduled, started, ended, and a workflow task before and after. */
const EVENTS_PER_LANE = 12;

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
  const reserved = EVENTS_RESERVED + EVENTS_PER_LANE * carried.lanes.length;
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
  const { plan, dispatch, input, operation } = run;
  const { activity, size } = plan.batch;
  const number = lane.batches + 1;
  const place: BatchPlace = { cursor: lane.cursor, size };
  const name = nameOf(activity, index, number);
  const record: StepRecord = { name, service: activity.service, status: 'running', startedAt: now() };
  operation.state.steps.push(record);
  let outcome: BatchOutcome;
  try {
    const made = plan.batch.input(input, place);
    outcome = (await dispatch(activity, activity.name, made, name, batchAttempts(activity))) as unknown as BatchOutcome;
    // The progress tells of batches that went well; hundreds of lines would hide the few that did not.
    remove(run, record);
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    const why = operationErrorOf(error);
    endStep(record, 'failed', { type: why.type, message: why.message.slice(0, LONGEST_MESSAGE) });
    if (isCancellation(error)) throw error;
    outcome = await setAside(run, place, index, number, why);
    const failed = operation.state.steps.filter(({ status }) => status === 'failed');
    failed.slice(0, -SHOWN_SET_ASIDE).forEach((old) => remove(run, old));
  }
  lane.batches = number;
  lane.cursor = outcome.cursor;
  run.advance(outcome);
}

async function setAside(
  { plan, dispatch, input }: LongRun,
  place: BatchPlace,
  index: number,
  number: number,
  why: OperationError,
): Promise<BatchOutcome> {
  const { activity } = plan.setAside;
  const made = plan.setAside.input(input, place, why.type);
  const step = nameOf(activity, index, number);
  return (await dispatch(activity, activity.name, made, step, settledAttempts(activity))) as unknown as BatchOutcome;
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
