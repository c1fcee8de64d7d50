import type { Outbox } from '@adx/activity-middleware';
import { percentageOf, tenthPassed } from '@adx/contract-kit';
import { UserId, userContract } from '@adx/user-contract';

const { importProgressed } = userContract.events;

type Emitting = Pick<Outbox<typeof importProgressed>, 'emit'>;

interface Whose {
  readonly importId: string;
  /** The subject of who has started it; nobody is told when that is no user. */
  readonly startedBy: string;
}
interface Counts {
  readonly total: number;
  readonly imported: number;
  readonly failed: number;
}

/** Tells of the tenth that a batch has passed, if it has. @param held the import as it was before it */
export function tellProgress(
  outbox: Emitting,
  whose: Whose,
  { total, imported, failed }: Counts,
  batch: { readonly processed: number; readonly failed: number },
): void {
  const before = imported + failed;
  const percentage = tenthPassed({ before, after: before + batch.processed, total });
  if (percentage === undefined) return;
  const counts = { total, imported: imported + batch.processed - batch.failed, failed: failed + batch.failed };
  tell(outbox, whose, { ending: null, percentage, ...counts });
}

export function tellEnding(outbox: Emitting, whose: Whose, ending: 'finished' | 'cancelled', counts: Counts): void {
  const { total, imported, failed } = counts;
  tell(outbox, whose, { ending, percentage: percentageOf(imported + failed, total), total, imported, failed });
}

function tell(
  outbox: Emitting,
  { importId, startedBy }: Whose,
  news: Counts & { readonly ending: 'finished' | 'cancelled' | null; readonly percentage: number },
): void {
  const user = UserId.safeParse(startedBy);
  if (user.success) {
    outbox.emit(importProgressed, { startedBy: user.data, ...news }, { aggregate: `import/${importId}` });
  }
}
