import type { ApplicationFailure } from '@temporalio/common';
import { FAILURES } from './failures.ts';
import type { FailureType } from './failures.ts';

/** A failure of the kernel, of one of these types. */
export type FailureOf<T extends FailureType = FailureType> = ApplicationFailure & { readonly type: T };

/** How Temporal wraps what an activity or a child workflow threw. */
const WRAPPERS = new Set(['ActivityFailure', 'ChildWorkflowFailure', 'WorkflowFailedError']);

/** Failures after which a saga waits, as Temporal's retry policy takes them. */
export const WAITING_FAILURES: readonly FailureType[] = (Object.keys(FAILURES) as FailureType[]).filter(
  (type) => FAILURES[type].saga === 'waits',
);

/** The details of a failure after which a saga waits; the middleware writes them. */
export interface RefusalDetails {
  /** At which attempt it happened, from 1: those before it did not end in a refusal. */
  readonly attempt: number;
  readonly retryAfterMs: number;
}

/** The details of a refusal, or `undefined` when somebody else wrote the failure. */
export function refusalDetails({ details }: FailureOf): RefusalDetails | undefined {
  const { attempt, retryAfterMs } = (details?.[0] ?? {}) as Partial<RefusalDetails>;
  return typeof attempt === 'number' && typeof retryAfterMs === 'number' ? { attempt, retryAfterMs } : undefined;
}

/**
 * Whether an error is a kernel failure of one of these types; without types, of any. Looks at names, not at classes:
 * the sandbox of workflows has classes of its own.
 *
 * @example
 * if (isFailure(error, 'RateLimited', 'UpstreamBusy')) return comeAgain(error.nextRetryDelay);
 */
export function isFailure<T extends FailureType = FailureType>(
  error: unknown,
  ...types: readonly T[]
): error is FailureOf<T> {
  if (typeof error !== 'object' || error === null) return false;
  const { name, type } = error as { readonly name?: unknown; readonly type?: unknown };
  if (name !== 'ApplicationFailure' || typeof type !== 'string') return false;
  return types.length === 0 ? Object.hasOwn(FAILURES, type) : types.includes(type as T);
}

/**
 * What a step ended in, without Temporal's wrapping. The outermost failure of the kernel, not its root cause: whether
 * to try again is written on the outermost one.
 */
export function failureOf(error: unknown): FailureOf | undefined {
  let current = error;
  while (current instanceof Error && WRAPPERS.has(current.name)) current = current.cause;
  return isFailure(current) ? current : undefined;
}
