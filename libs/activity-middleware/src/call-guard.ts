import type { BreakerOutcome } from './breaker.ts';

/** A call to another system, as far as a guard needs to know it. */
export interface GuardedCall {
  /** What fails and is busy on its own. */
  readonly service: string;
  /** Ends the waiting for a turn, too. */
  readonly signal: AbortSignal;
}

/** How a call that was made ended: what it says of the other side, and what its handler gets. */
export type Exchange<T> = { readonly outcome: BreakerOutcome } & ({ readonly answer: T } | { readonly failed: Error });

/**
 * Stands around each call to another system, and not around the attempt: an attempt that finds its step done calls
 * nobody, and must not be refused. What it throws is a refusal: the call was not made.
 */
export type CallGuard = <T>(call: GuardedCall, send: () => Promise<Exchange<T>>) => Promise<Exchange<T>>;
