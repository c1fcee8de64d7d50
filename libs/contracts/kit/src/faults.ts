/**
 * Where tests may interfere. Named here once, so that a test, the ledger and the middleware mean the same place:
 * - `before-transaction`: the attempt has begun, nothing is written;
 * - `in-transaction`: the effect is written, nothing is committed; its ledger row goes out together with COMMIT;
 * - `after-commit`: everything is committed, the attempt has not reported yet;
 * - `in-lease`: an external effect has its `started` row, the call is not made;
 * - `after-call`: an external call returned, its `done` row is not written.
 */
export type FaultPoint = 'before-transaction' | 'in-transaction' | 'after-commit' | 'in-lease' | 'after-call';

/** What an attempt is doing when it passes a {@link FaultPoint}. */
export type StepMode = 'forward' | 'undo' | 'settle';

/** One passage of a {@link FaultPoint}. */
export interface FaultSite {
  readonly point: FaultPoint;
  readonly mode: StepMode;
  readonly service: string;
  readonly activity: string;
  readonly step: string;
  readonly attempt: number;
}

/** May throw, wait or end the process. Production code never passes one. */
export interface FaultInjector {
  pass(site: FaultSite): Promise<void> | void;
}
