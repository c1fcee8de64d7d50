import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { Json } from './wire.ts';

/** What a saga does when a step ends in a failure. */
export type SagaReaction =
  /** Undoes everything attempted; for a retryable failure once the attempts are used up. */
  | 'undoes'
  /** Comes again after the failure's own delay, up to its deadline; it costs no attempt. */
  | 'waits'
  /** Waits, durably, for a person. */
  | 'parks'
  /** No step ends in it: it is how an operation ended, or the answer to an operator. */
  | 'none';

/** One line of {@link FAILURES}. */
export interface FailureRule {
  /** Whether Temporal may try again. */
  readonly retryable: boolean;
  /** What the gateway answers when an operation ended in it. */
  readonly status: number;
  readonly saga: SagaReaction;
}

/**
 * The kernel's failure types, in one table: stable names on the wire, whether Temporal may try again, the HTTP status
 * the gateway answers with when an operation ended in one, and what a saga does. Declared errors are
 * `<service>.<Name>`: never retried, 409, undone. `docs/reference/failures.md` is this table, and a test compares them.
 */
export const FAILURES = {
  InvalidInput: { retryable: false, status: 400, saga: 'undoes' },
  NotFound: { retryable: false, status: 404, saga: 'undoes' },
  /** A rule of the business said no, and nobody declared an error of its own for it. */
  BusinessLogicError: { retryable: false, status: 422, saga: 'undoes' },
  TenantAccessDenied: { retryable: false, status: 403, saga: 'undoes' },
  /** The access projection has no row yet: it may lag. */
  TenantAccessUnknown: { retryable: true, status: 503, saga: 'undoes' },
  /** What the tenant is or has does not fit the request. */
  TenantValidationFailed: { retryable: false, status: 422, saga: 'undoes' },
  /** More than the plan allows; it says when there is room again. */
  RateLimited: { retryable: true, status: 429, saga: 'waits' },
  /** The same step with another input. */
  StepConflict: { retryable: false, status: 500, saga: 'undoes' },
  /** The ledger has closed this step's door for ever. */
  StepFenced: { retryable: false, status: 409, saga: 'undoes' },
  /** Another attempt of the step holds its lock or its lease. */
  StepBusy: { retryable: true, status: 503, saga: 'undoes' },
  /** Another operation holds the semantic lock that this one needs; for those that wait until it is their turn. */
  LockHeld: { retryable: true, status: 503, saga: 'waits' },
  /** A lost connection, a deadlock, a timeout: worth another attempt. */
  DatabaseError: { retryable: true, status: 503, saga: 'undoes' },
  /** A broken constraint or a missing grant: another attempt ends the same way. */
  DatabaseRefused: { retryable: false, status: 500, saga: 'undoes' },
  /** Another system failed: 5xx, 408, no answer. */
  ExternalApiError: { retryable: true, status: 502, saga: 'undoes' },
  /** Another system refused (any other 4xx, a redirect): another attempt ends the same way. */
  ExternalApiRefused: { retryable: false, status: 500, saga: 'undoes' },
  /** The other system fails so often that nobody calls it for a while. */
  CircuitBreakerOpen: { retryable: true, status: 503, saga: 'waits' },
  /** As many calls to the other system are under way as may be, or it said 429. */
  UpstreamBusy: { retryable: true, status: 503, saga: 'waits' },
  /** An address that no call may reach. */
  SsrfBlocked: { retryable: false, status: 422, saga: 'undoes' },
  /** An undo that no attempt can make succeed: parks at once. */
  UndoImpossible: { retryable: false, status: 500, saga: 'parks' },
  /** The ledger cannot say whether a pivot's external call happened: a person must look. */
  PivotUnsettled: { retryable: false, status: 500, saga: 'parks' },
  /** An answer to a step that does not wait for one. */
  StepNotParked: { retryable: false, status: 409, saga: 'none' },
  /** An answer that the parked step does not take, or that lacks its reason or ticket. */
  ResolutionRefused: { retryable: false, status: 400, saga: 'none' },
  /** The process asks for a second person, and the one who answers has started it. */
  SecondPersonRequired: { retryable: false, status: 403, saga: 'none' },
  /** A process was told something that it does not wait for, or no longer. */
  SignalRefused: { retryable: false, status: 409, saga: 'none' },
  /** The operation was undone before; doing it again is a new operation. */
  SagaAlreadyUndone: { retryable: false, status: 409, saga: 'none' },
  SagaCompensated: { retryable: false, status: 409, saga: 'none' },
  SagaPartlyCompensated: { retryable: false, status: 500, saga: 'none' },
  SagaTimedOut: { retryable: false, status: 504, saga: 'none' },
  /** Effects are left behind; the operation state lists them. */
  SagaFailed: { retryable: false, status: 500, saga: 'none' },
  /** The one effect of a standard process did not happen, and never will. */
  StandardFailed: { retryable: false, status: 409, saga: 'none' },
  /** The ledger could not be asked whether the effect of a standard process happened. */
  StandardUnsettled: { retryable: false, status: 500, saga: 'none' },
  /** A long-running process could not go on; what it did until then is kept. */
  LongRunningFailed: { retryable: false, status: 500, saga: 'none' },
  /** An event for an entity that takes none any more. */
  EntityEnded: { retryable: false, status: 409, saga: 'none' },
  /** An entity that could not begin, or that a person gave up. */
  EntityFailed: { retryable: false, status: 500, saga: 'none' },
} as const satisfies Record<string, FailureRule>;

/** The name of a kernel failure. */
export type FailureType = keyof typeof FAILURES;

/**
 * A kernel failure. The message goes into histories and logs: no payloads, no personal data.
 *
 * @param retryAfterMs delay of the next attempt; such a failure is expected and counts as benign in Temporal's metrics
 */
export function failure(
  type: FailureType,
  message: string,
  options: { readonly cause?: Error; readonly retryAfterMs?: number; readonly details?: readonly Json[] } = {},
): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: !FAILURES[type].retryable,
    ...(options.cause ? { cause: options.cause } : {}),
    ...(options.details ? { details: [...options.details] } : {}),
    ...(options.retryAfterMs === undefined
      ? {}
      : // A delay of nothing means to the server that there is no other attempt.
        { nextRetryDelay: Math.max(1, Math.ceil(options.retryAfterMs)), category: ApplicationFailureCategory.BENIGN }),
  });
}

/** The wire name of a declared error: `tenant.SlugTaken`. */
export function declaredErrorType(service: string, name: string): string {
  return `${service}.${name}`;
}

/** A declared error: an expected outcome, so never retried. Its details are validated by the middleware. */
export function declaredError(service: string, name: string, details: Json): ApplicationFailure {
  const type = declaredErrorType(service, name);
  return ApplicationFailure.create({ type, message: type, nonRetryable: true, details: [details] });
}

const DECLARED = /^[a-z][a-z0-9-]*\.[A-Z][A-Za-z0-9]*$/;

/** Whether a failure type is a declared error of some contract. */
export function isDeclaredErrorType(type: string): boolean {
  return DECLARED.test(type);
}

/** The HTTP status for an operation that ended with this failure type. Unknown types are 500. */
export function statusOfFailure(type: string): number {
  if (isDeclaredErrorType(type)) return 409;
  return Object.hasOwn(FAILURES, type) ? FAILURES[type as FailureType].status : 500;
}

/** The innermost cause, where the type and the details of an activity's failure are. */
export function rootFailure(error: unknown): unknown {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  return current;
}
