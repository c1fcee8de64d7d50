import type { ResolutionAction } from '@adx/contract-kit';
import { TemporalFailure } from '@temporalio/workflow';
import { untilDecided } from './attention.ts';
import type { Attempted, SagaProgress } from './saga-progress.ts';

/** What a person may answer to an undo that is stuck. */
type UndoActions = readonly ResolutionAction[];
const ALL_ACTIONS: UndoActions = ['retry', 'skip', 'done-by-hand', 'give-up'];

/**
 * Undoes every attempted step, last one first. Whether there is anything to undo is the owner's ledger's to know. One
 * undo that cannot go on is parked, and the others go on.
 */
export async function undoAll(progress: SagaProgress): Promise<void> {
  progress.operation.setStatus('compensating');
  progress.operation.state.cancellable = false;
  const repairs: Promise<void>[] = [];
  // An optional step that failed is undone already.
  for (const attempted of progress.attempted.filter(({ record }) => record.undo === undefined).reverse()) {
    try {
      await undo(progress, attempted);
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      repairs.push(repair(progress, attempted, ALL_ACTIONS, error));
    }
  }
  await Promise.all(repairs);
}

/** Undoes one step; when that cannot go on, until a person has decided what becomes of it. */
export async function undoWith(progress: SagaProgress, attempted: Attempted, actions: UndoActions): Promise<void> {
  try {
    await undo(progress, attempted);
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    await repair(progress, attempted, actions, error);
  }
}

async function undo(progress: SagaProgress, attempted: Attempted): Promise<void> {
  const { record } = attempted;
  record.undo = 'running';
  record.undo = await attempted.undo();
  if (record.undo === 'given-up') progress.gaveUp = true;
}

async function repair(
  progress: SagaProgress,
  attempted: Attempted,
  actions: UndoActions,
  failed: TemporalFailure,
): Promise<void> {
  const { owner, record } = attempted;
  const stuck = { activity: owner, record, phase: 'undo', actions } as const;
  const repaired = await untilDecided(progress.desk, stuck, () => undo(progress, attempted), failed);
  if ('value' in repaired) return;
  if (repaired.decided === 'skip') record.undo = 'skipped';
  else if (repaired.decided === 'done-by-hand') record.undo = 'by-hand';
  else {
    record.undo = 'given-up';
    progress.gaveUp = true;
  }
}
