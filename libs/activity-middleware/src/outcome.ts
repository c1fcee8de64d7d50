import { WAITING_FAILURES, isDeclaredErrorType, isFailure } from '@adx/contract-kit';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';

/**
 * How an attempt ended, in a handful of values:
 * - `declared`: in an error that the contract declares, an expected outcome;
 * - `refused`: it may not begin yet (rate limit, breaker, bulkhead) and costs no attempt;
 * - `failed`: another attempt may succeed;
 * - `rejected`: no other attempt will.
 */
export type Outcome = 'succeeded' | 'declared' | 'refused' | 'failed' | 'rejected' | 'cancelled';

/** The outcome of an attempt that threw. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof CancelledFailure) return 'cancelled';
  if (isFailure(error, ...WAITING_FAILURES)) return 'refused';
  if (!(error instanceof ApplicationFailure)) return 'failed';
  if (error.type && isDeclaredErrorType(error.type)) return 'declared';
  return error.nonRetryable ? 'rejected' : 'failed';
}

/** An attempt's number as a label: the first one, another, one of a step that has trouble, one that raised an alert. */
export function attemptLabel(attempt: number): '1' | '2' | '3-9' | '10+' {
  if (attempt >= 10) return '10+';
  if (attempt >= 3) return '3-9';
  return attempt === 2 ? '2' : '1';
}
