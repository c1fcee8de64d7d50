import { WAITING_FAILURES, failure, isFailure } from '@adx/contract-kit';
import type { RefusalDetails } from '@adx/contract-kit';

/** The delay of a refusal that names none. */
const DEFAULT_DELAY_MS = 1_000;

/**
 * Notes on a refusal at which attempt it happened and when to come again: the pattern that waits for it subtracts the
 * attempts before it, which failed for reasons of their own. It has to stand in the details, as a workflow cannot read
 * the delay that Temporal reads.
 */
export function withAttempt(error: Error, attempt: number): Error {
  if (!isFailure(error, ...WAITING_FAILURES)) return error;
  // `failure` writes milliseconds; a text would be a refusal that somebody else made.
  const retryAfterMs = typeof error.nextRetryDelay === 'number' ? error.nextRetryDelay : DEFAULT_DELAY_MS;
  const details: RefusalDetails = { attempt, retryAfterMs };
  return failure(error.type, error.message, { retryAfterMs, details: [{ ...details }] });
}
