/** What the signed principal says. The only source of tenant and user ids in the whole system. */
export interface PrincipalClaims {
  /** Who acts: a user's id, an operator's name, or a service's name. */
  readonly sub: string;
  readonly kind: 'user' | 'service' | 'operator';
  /** The tenant on which the operation acts. */
  readonly tenantId: string;
  readonly roles: readonly string[];
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly jti: string;
}

declare const VERIFIED: unique symbol;

/** Claims whose signature was checked. Only `verifyPrincipal` of `@adx/principal` makes one. */
export type Principal = PrincipalClaims & { readonly [VERIFIED]: true };

/** Travels as the second argument of every workflow, activity, signal and update. Plain data, visible in the history. */
export interface Call {
  readonly operationId: string;
  /** Compact JWS over {@link PrincipalClaims}. */
  readonly principal: string;
  /** Set by the kernel: workflow id and first run id; stable over attempts, continue-as-new and reset. */
  readonly executionKey?: string;
  /** Set by the kernel: the step's name in its operation. */
  readonly step?: string;
  /** Set by the relay on a signal: a repeated delivery carries the same. */
  readonly idempotencyKey?: string;
  /** W3C trace context of whoever started the operation. */
  readonly traceparent?: string;
}
