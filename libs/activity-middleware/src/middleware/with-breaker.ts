import type { Principal } from '@adx/contract-kit';
import type { Breaker, BreakerOutcome } from '../breaker.ts';
import type { CallGuard } from '../call-guard.ts';
import { chainLink } from '../chain-link.ts';
import type { Invocation } from '../invocation.ts';
import type { Middleware } from '../middleware.ts';

/**
 * Puts the breaker around each call to another system. Asked before the bulkhead, so that what is refused takes no
 * place in a queue; a probe that does not get its turn is given back.
 *
 * @throws CircuitBreakerOpen (at the call) with the delay after which a probe may go; it costs no attempt of the step
 */
export function withBreaker(): Middleware<
  Invocation & { readonly principal: Principal },
  { readonly breakerGuard: CallGuard },
  { readonly breaker: Breaker }
> {
  return chainLink('breaker', (_context, next, { breaker }) => next({ breakerGuard: breakerGuard(breaker) }));
}

/** The guard that {@link withBreaker} puts around a call. */
export function breakerGuard(breaker: Breaker): CallGuard {
  return async ({ service }, send) => {
    const report = await breaker.admit(service);
    // What was not sent says nothing of the other side.
    let outcome: BreakerOutcome = 'unknown';
    try {
      const exchange = await send();
      ({ outcome } = exchange);
      return exchange;
    } finally {
      await report(outcome);
    }
  };
}
