import type { FAILURES, FailureType } from '@adx/contract-kit';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';

/** What happens to a failed step that is not tried again. */
export type LastResort =
  /** The process goes on without it. A step that it cannot do without compensates instead. */
  | 'set-aside'
  /** Every attempted step is undone, last one first. */
  | 'compensate'
  /** A person decides: try again, go on without it, or give up, which compensates. */
  | 'escalate';

/**
 * What happens to a step that failed. `retry` is three recoveries, 1, 2 and 4 s apart, and then a person. A recovery has
 * all the attempts of the contract, and the ledger makes what was done free.
 */
export type Recovery = LastResort | 'retry' | { readonly retry: number; readonly then: LastResort };

type Undoing = {
  readonly [T in FailureType]: (typeof FAILURES)[T]['saga'] extends 'undoes' ? T : never;
}[FailureType];

/**
 * Failures of the kernel that a policy decides on. Refusals are none: they are waited for, and cost nothing. Nor is
 * `StepFenced`: the step was undone before, in the time before a reset.
 */
export type Fault = Exclude<Undoing, 'StepFenced'> | 'StepTimedOut' | 'UnexpectedError';

/** A decision for each declared error of the steps, by its name, and for faults that are not to have the usual one. */
export type Policy<E extends string = string> = Readonly<Record<E, Recovery>> &
  Readonly<Partial<Record<Fault, Recovery>>>;

/** The usual decisions: what passes is tried again, mistakes of the caller page nobody, the rest is undone. */
export const USUAL: Readonly<Record<Fault, Recovery>> = {
  DatabaseError: 'retry',
  ExternalApiError: 'retry',
  StepBusy: 'retry',
  StepTimedOut: 'retry',
  TenantAccessUnknown: 'retry',
  UnexpectedError: 'retry',
  InvalidInput: 'compensate',
  NotFound: 'compensate',
  BusinessLogicError: 'compensate',
  TenantAccessDenied: 'compensate',
  TenantValidationFailed: 'compensate',
  StepConflict: 'compensate',
  DatabaseRefused: 'compensate',
  ExternalApiRefused: 'compensate',
  SsrfBlocked: 'compensate',
};

const RETRY = { retry: 3, then: 'escalate' } as const;

/** What a policy says of a failure: how many recoveries there are, and what comes after them. */
export function recoveryOf(policy: Policy, error: unknown): { readonly retry: number; readonly then: LastResort } {
  const type = typeOf(error);
  // Undone in the time before a reset, because it was set aside, or with everything else.
  if (type === 'StepFenced') return { retry: 0, then: 'set-aside' };
  const usual: Readonly<Record<string, Recovery | undefined>> = USUAL;
  // What a contract does not declare cannot be decided on: the process does not know what it means.
  const recovery = policy[type.slice(type.indexOf('.') + 1)] ?? usual[type] ?? 'compensate';
  if (recovery === 'retry') return RETRY;
  return typeof recovery === 'string' ? { retry: 0, then: recovery } : recovery;
}

/** The type of what a step ended in, without Temporal's wrapping. */
function typeOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) return 'StepTimedOut';
  return (cause instanceof ApplicationFailure ? cause.type : undefined) ?? 'UnexpectedError';
}
