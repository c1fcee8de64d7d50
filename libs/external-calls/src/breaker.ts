import { failure } from '@adx/contract-kit';
import type { Breaker, BreakerOutcome, BreakerStore } from '@adx/activity-middleware';
import type { Logger } from '@adx/telemetry';
import { CALL_TIMEOUT_MS } from './external-call.ts';

/** When a breaker opens and closes. */
export interface BreakerLimits {
  /** Failures in a row that open it. */
  readonly threshold: number;
  /** How long it stays open before a probe may go. */
  readonly openMs: number;
  /** How long a probe may take before another one may go: longer than a call can be. */
  readonly probeMs: number;
  /** How long a process trusts what it read last. Shorter than `openMs`, or it would pass by a half-open breaker. */
  readonly cacheMs: number;
}

/** 5 failures and 60 s are the platform's rule for external services; 35 s is the longest call (30 s) and a margin. */
export const BREAKER: BreakerLimits = { threshold: 5, openMs: 60_000, probeMs: 35_000, cacheMs: 1_000 };

type Seen = { readonly until: number } & (
  { readonly state: 'closed'; readonly failures: number } | { readonly state: 'open'; readonly waitMs: number }
);

/** A healthy service costs one statement per process and `cacheMs`, whatever the number of calls. */
export function createBreaker(options: {
  readonly store: BreakerStore;
  readonly logger: Logger;
  readonly limits?: BreakerLimits;
  readonly now?: () => number;
}): Breaker {
  const { store, logger, limits = BREAKER, now = () => performance.now() } = options;
  if (limits.cacheMs >= limits.openMs) {
    throw new RangeError(`a breaker open for ${limits.openMs} ms needs a shorter cache than ${limits.cacheMs} ms`);
  }
  if (limits.probeMs <= CALL_TIMEOUT_MS) {
    throw new RangeError(`a probe of ${limits.probeMs} ms must outlast a call of ${CALL_TIMEOUT_MS} ms`);
  }
  const seen = new Map<string, Seen>();

  return {
    async admit(service) {
      const cached = seen.get(service);
      if (cached && cached.until > now()) {
        if (cached.state === 'open') throw open(service, cached.waitMs);
        return (outcome) => reportClosed(service, outcome);
      }
      const permit = await store.permit(service, limits);
      if (permit.verdict === 'open') {
        see(service, { state: 'open', waitMs: permit.waitMs });
        throw open(service, permit.waitMs);
      }
      if (permit.verdict === 'closed') {
        see(service, { state: 'closed', failures: permit.failures });
        return (outcome) => reportClosed(service, outcome);
      }
      logger.info({ externalService: service }, 'breaker half-open: sending a probe');
      return async (outcome) => {
        seen.delete(service);
        await report(service, outcome, permit.probe);
      };
    },
  };

  async function reportClosed(service: string, outcome: BreakerOutcome): Promise<void> {
    if (outcome === 'failed') return report(service, outcome);
    const last = seen.get(service);
    if (outcome === 'ok' && last?.state === 'closed' && last.failures > 0) await report(service, outcome);
  }

  async function report(service: string, outcome: BreakerOutcome, probe?: string): Promise<void> {
    try {
      const state = await store.report(service, outcome, { ...limits, ...(probe ? { probe } : {}) });
      if (state.opened) {
        see(service, { state: 'open', waitMs: limits.openMs });
        logger.warn({ externalService: service }, 'breaker is open');
      } else if (!probe || outcome === 'ok') see(service, { state: 'closed', failures: state.failures });
    } catch (error) {
      // The breaker then reacts later, and a probe's lease runs out; the answer of the call is worth more.
      logger.warn({ externalService: service, error }, 'a breaker report was lost');
    }
  }

  function see(
    service: string,
    state: { state: 'closed'; failures: number } | { state: 'open'; waitMs: number },
  ): void {
    // An open breaker is not asked again before its time, nor less often than a closed one: a probe may end early.
    const forMs = state.state === 'open' ? Math.min(state.waitMs, limits.cacheMs) : limits.cacheMs;
    seen.set(service, { ...state, until: now() + forMs });
  }
}

/** Jitter: all who wait would otherwise come back in the same moment. */
function open(service: string, waitMs: number) {
  return failure('CircuitBreakerOpen', `the breaker of ${service} is open`, {
    retryAfterMs: waitMs * (1 + Math.random() / 10),
  });
}
