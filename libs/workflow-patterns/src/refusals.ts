import { WAITING_FAILURES, failureOf, isFailure, refusalDetails } from '@adx/contract-kit';
import { sleep } from '@temporalio/workflow';

/** The wait for a refusal that does not say how long. */
const DEFAULT_DELAY_MS = 1_000;

/** How a run of attempts goes on after a refusal. */
export interface Continuation {
  /** Attempts that did something and failed, before the refused one. */
  readonly spent: number;
  readonly waitMs: number;
}

/** What a failed run of attempts says of going on, or `undefined` when it was no refusal. */
export function refusalOf(error: unknown): Continuation | undefined {
  const refused = failureOf(error);
  if (!refused || !isFailure(refused, ...WAITING_FAILURES)) return undefined;
  const { attempt = 1, retryAfterMs = DEFAULT_DELAY_MS } = refusalDetails(refused) ?? {};
  return { spent: Math.max(0, attempt - 1), waitMs: Math.max(1, retryAfterMs) };
}

/**
 * Attempts something until it is not refused; the wait is a timer of the workflow, which a cancellation ends.
 *
 * @param run gets the milliseconds until the time for all attempts is over
 * @param budget attempts that are left; those that failed before a refusal are taken off
 * @param within milliseconds for everything, the waiting included
 * @throws what `run` threw, when that was no refusal, or when the wait would go beyond `within`
 */
export async function untilNotRefused<T>(
  run: (remainingMs: number | undefined) => Promise<T>,
  budget: { left: number },
  within: number | undefined,
): Promise<T> {
  const end = within === undefined ? undefined : Date.now() + within;
  for (;;) {
    const remaining = end === undefined ? undefined : Math.max(1, end - Date.now());
    try {
      return await run(remaining);
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      if (end !== undefined && Date.now() + refusal.waitMs >= end) throw error;
      // At least the refused attempt itself is left: it was not one.
      budget.left = Math.max(1, budget.left - refusal.spent);
      await sleep(refusal.waitMs);
    }
  }
}
