/** Whether a call may go: freely, as the only probe of a half-open breaker, or not for `waitMs`. */
export type BreakerPermit =
  | { readonly verdict: 'closed'; readonly failures: number }
  | { readonly verdict: 'probe'; readonly probe: string }
  | { readonly verdict: 'open'; readonly waitMs: number };

/** `unknown`: cancelled or never sent; says nothing about the other side. */
export type BreakerOutcome = 'ok' | 'failed' | 'unknown';

/** The breaker rows of one database: one per external service, shared by all processes. */
export interface BreakerStore {
  /**
   * @param options.probeMs how long a probe may take before another process may send one
   * @throws DatabaseError
   */
  permit(service: string, options: { readonly probeMs: number }): Promise<BreakerPermit>;
  /**
   * @param options.probe of the permit; reports of others do not count while the breaker is not closed
   * @returns whether the breaker is open now, and the failures in a row while it is closed
   * @throws DatabaseError
   */
  report(
    service: string,
    outcome: BreakerOutcome,
    options: { readonly probe?: string; readonly threshold: number; readonly openMs: number },
  ): Promise<{ readonly opened: boolean; readonly failures: number }>;
}

/** A call that may go; whoever made it says what became of it. Never throws: a lost report must not hide an answer. */
export type Report = (outcome: BreakerOutcome) => Promise<void>;

/** The breaker of all external services, shared through the database by all processes. */
export interface Breaker {
  /** @throws CircuitBreakerOpen with the wait, DatabaseError */
  admit(service: string): Promise<Report>;
}
