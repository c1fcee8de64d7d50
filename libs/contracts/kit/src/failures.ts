import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { Json } from './wire.ts';

/**
 * The kernel's failure types: stable names on the wire, whether Temporal may try again, and the HTTP status the
 * gateway answers with when an operation ended in one. Declared errors are `<service>.<Name>`, never retried, 409.
 */
export const FAILURES = {
  InvalidInput: { retryable: false, status: 400 },
  NotFound: { retryable: false, status: 404 },
  TenantAccessDenied: { retryable: false, status: 403 },
  /** The access projection has no row yet: it may lag. */
  TenantAccessUnknown: { retryable: true, status: 503 },
  /** The same step with another input. */
  StepConflict: { retryable: false, status: 500 },
  /** The ledger has closed this step's door for ever. */
  StepFenced: { retryable: false, status: 409 },
  /** Another attempt of the step holds its lock or its lease. */
  StepBusy: { retryable: true, status: 503 },
  /** A lost connection, a deadlock, a timeout: worth another attempt. */
  DatabaseError: { retryable: true, status: 503 },
  /** A broken constraint or a missing grant: another attempt ends the same way. */
  DatabaseRefused: { retryable: false, status: 500 },
  /** No answer in time, 5xx, 408 or 429 of another system. */
  ExternalApiError: { retryable: true, status: 503 },
  /** Another system refused (any other 4xx, a redirect): another attempt ends the same way. */
  ExternalApiRefused: { retryable: false, status: 502 },
  /** This process has as many calls to the external service under way, and waiting, as it may. */
  UpstreamBusy: { retryable: true, status: 503 },
  CircuitBreakerOpen: { retryable: true, status: 503 },
  /** A host that is not registered for the tenant, or an address that calls must not reach. */
  SsrfBlocked: { retryable: false, status: 500 },
  /** An undo that no attempt can make succeed: parks at once. */
  UndoImpossible: { retryable: false, status: 500 },
  /** The ledger cannot say whether a pivot's external call happened: a person must look. */
  PivotUnsettled: { retryable: false, status: 500 },
  /** An answer to a step that does not wait for one. */
  StepNotParked: { retryable: false, status: 409 },
  /** An answer that the parked step does not take, or that lacks its reason or ticket. */
  ResolutionRefused: { retryable: false, status: 400 },
  /** The operation was undone before; doing it again is a new operation. */
  SagaAlreadyUndone: { retryable: false, status: 409 },
  SagaCompensated: { retryable: false, status: 409 },
  SagaPartlyCompensated: { retryable: false, status: 500 },
  SagaTimedOut: { retryable: false, status: 504 },
  /** Effects are left behind; the operation state lists them. */
  SagaFailed: { retryable: false, status: 500 },
} as const satisfies Record<string, { readonly retryable: boolean; readonly status: number }>;

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
      : { nextRetryDelay: Math.ceil(options.retryAfterMs), category: ApplicationFailureCategory.BENIGN }),
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
