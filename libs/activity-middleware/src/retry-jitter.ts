import { isFailure } from '@adx/contract-kit';
import { ApplicationFailure } from '@temporalio/common';
import type { RetryPolicy } from '@temporalio/common';

/** How far a delay may be from the one of the retry policy, in both directions: what failed together comes back apart. */
const SPREAD = 0.25;

/**
 * Gives a retryable failure without a delay of its own the delay that the retry policy would give it, with jitter, which
 * Temporal's policies do not have. It is no refusal: its category stays, and it costs its attempt.
 *
 * @param policy as the server sent it; without one the delay is left to the server
 * @param random from 0 to 1
 */
export function withJitter(
  error: Error,
  { attempt, policy }: { readonly attempt: number; readonly policy: RetryPolicy | undefined },
  random: () => number = Math.random,
): Error {
  // What the SDK has read from the wire is in milliseconds.
  const initial: unknown = policy?.initialInterval;
  if (typeof initial !== 'number' || !policy || !isWorthAnother(error, policy)) return error;
  const longest = (policy.maximumInterval as number | undefined) ?? initial * 100;
  const delay = Math.min(initial * (policy.backoffCoefficient ?? 2) ** (attempt - 1), longest);
  const { message, type, details, category, cause } = error;
  const jittered = ApplicationFailure.create({
    message,
    nonRetryable: false,
    nextRetryDelay: Math.max(1, Math.round(delay * (1 - SPREAD + 2 * SPREAD * random()))),
    ...(type ? { type } : {}),
    ...(details ? { details } : {}),
    ...(category ? { category } : {}),
    ...(cause ? { cause } : {}),
  });
  if (error.stack !== undefined) jittered.stack = error.stack;
  return jittered;
}

function isWorthAnother(error: Error, policy: RetryPolicy): error is ApplicationFailure {
  if (!(error instanceof ApplicationFailure) || error.nonRetryable || error.nextRetryDelay !== undefined) return false;
  if (error.type && policy.nonRetryableErrorTypes?.includes(error.type)) return false;
  return error.type === 'UnexpectedError' || isFailure(error);
}
