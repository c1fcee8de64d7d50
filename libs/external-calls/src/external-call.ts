import type { Json } from '@adx/contract-kit';

/** One call of one attempt; Temporal makes the next attempt, not this library. */
export type ExternalCall = {
  /** The tenant of the step; says which hosts there are. */
  readonly tenantId: string;
  /** The registered name of the system. */
  readonly host: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The name of one of the host's registered secrets. */
  readonly secretRef?: string;
  /** Statuses of 4xx that are an answer, as 404 is to an undo that asks whether there is anything to undo. */
  readonly answers?: readonly number[];
  /** The attempt's cancellation: aborts the request. */
  readonly signal: AbortSignal;
} & (
  | { readonly method: 'GET' | 'HEAD'; readonly idempotencyKey?: never; readonly body?: never }
  | {
      readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
      /** The `key` of the step: the other side's only way to tell a repeated call from another one. */
      readonly idempotencyKey: string;
      readonly body?: Json;
    }
);

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
 * Calls other systems, each through its bulkhead and its breaker.
 *
 * @throws ExternalApiError (retryable, after the other side's `Retry-After` when it sent one), ExternalApiRefused,
 *   UpstreamBusy, CircuitBreakerOpen, SsrfBlocked, DatabaseError (of the breaker), CancelledFailure
 */
export type CallExternal = (call: ExternalCall) => Promise<ExternalAnswer>;
