import type { CallGuard } from '@adx/activity-middleware';
import type { Json } from '@adx/contract-kit';
import type { RegisteredHost } from './hosts.ts';

/** 30 s for everything between the decision to call and the last byte of the answer. */
export const CALL_TIMEOUT_MS = 30_000;

/** One call of one attempt, as a handler makes it; Temporal makes the next attempt, not this library. */
export type HandlerCall = {
  /** The registered name of the system, or a host of the tenant that `prepare` read from the tenant's own rows. */
  readonly host: string | RegisteredHost;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The name of one of the host's registered secrets. */
  readonly secretRef?: string;
  /** Statuses of 4xx that are an answer, as 404 is to an undo that asks whether there is anything to undo. */
  readonly answers?: readonly number[];
  /** The body of the answer means nothing: it is not read, and need not be JSON. */
  readonly ignoreBody?: true;
} & (
  | { readonly method: 'GET' | 'HEAD'; readonly idempotencyKey?: never; readonly body?: never }
  | {
      readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
      /** The `key` of the step: the other side's only way to tell a repeated call from another one. */
      readonly idempotencyKey: string;
      readonly body?: Json;
    }
);

/** A call with what the chain knows of the attempt. */
export type ExternalCall = HandlerCall & {
  /** The tenant of the step; says which hosts there are. */
  readonly tenantId: string;
  /** The attempt's cancellation: aborts the request. */
  readonly signal: AbortSignal;
};

/** What the other side answered. */
export interface ExternalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null when there is none. */
  readonly body: Json;
  readonly durationMs: number;
}

/** What a metric may know of a call: bounded values only. `status` is 0 without an answer. */
export interface CallObservation {
  readonly service: string;
  readonly status: number;
  readonly durationMs: number;
}

/**
 * Calls other systems, for the tenant of the step and until the attempt is cancelled.
 *
 * @throws ExternalApiError (retryable, after the other side's `Retry-After` when it sent one), ExternalApiRefused,
 *   UpstreamBusy, CircuitBreakerOpen, SsrfBlocked, DatabaseError (of the breaker), CancelledFailure
 */
export type CallExternal = (call: HandlerCall) => Promise<ExternalAnswer>;

/** Makes the calls of all attempts of a process, each within the guards of its chain. */
export type ExternalCaller = (call: ExternalCall, guard: CallGuard) => Promise<ExternalAnswer>;
