import { failure } from '@adx/contract-kit';
import type { ApplicationFailure } from '@temporalio/common';
import type { Verdict } from './ledger-sql.ts';

/** Another attempt is at work: soon enough to be quick, long enough not to hammer. */
const BUSY_RETRY_MS = 200;

/** Another attempt is at work on this step; come again when its lease is over, or soon. */
export function busy(retryAfterMs: number = BUSY_RETRY_MS): ApplicationFailure {
  return failure('StepBusy', 'another attempt is at work on this step', { retryAfterMs });
}

/** @throws StepBusy when the ledger said so */
export function refuseBusy({ verdict, wait_ms }: Pick<Verdict, 'verdict' | 'wait_ms'>): void {
  if (verdict === 'busy') throw busy(wait_ms ?? BUSY_RETRY_MS);
}
