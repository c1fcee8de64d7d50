import { TemporalFailure } from '@temporalio/workflow';
import { REPAIR_ATTEMPTS } from '../attempts.ts';
import { untilDecided } from './attention.ts';
import type { Attempted, SagaProgress } from './saga-progress.ts';

/**
 * Undoes every attempted step, last one first. Whether there is anything to undo is the owner's ledger's to know. One
 * undo that cannot go on is parked, and the others go on.
 */
export async function undoAll(progress: SagaProgress): Promise<void> {
  progress.operation.setStatus('compensating');
  progress.operation.state.cancellable = false;
  const repairs: Promise<void>[] = [];
  for (const attempted of progress.attempted.toReversed()) {
    try {
      await undo(progress, attempted);
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      repairs.push(repair(progress, attempted, error));
    }
  }
  await Promise.all(repairs);
}

async function undo({ dispatch }: SagaProgress, { activity, record }: Attempted): Promise<void> {
  record.undo = 'running';
  await dispatch(activity, `${activity.name}.undo`, null, record.name, REPAIR_ATTEMPTS);
  record.undo = 'undone';
}

async function repair(progress: SagaProgress, attempted: Attempted, failed: TemporalFailure): Promise<void> {
  const { activity, record } = attempted;
  const stuck = { activity, record, phase: 'undo', actions: ['retry', 'skip', 'done-by-hand', 'give-up'] } as const;
  const repaired = await untilDecided(progress.desk, stuck, () => undo(progress, attempted), failed);
  if ('value' in repaired) return;
  if (repaired.decided === 'skip') record.undo = 'skipped';
  else if (repaired.decided === 'done-by-hand') record.undo = 'by-hand';
  else {
    record.undo = 'given-up';
    progress.gaveUp = true;
  }
}
