import type { Bulkhead } from '../bulkhead.ts';
import type { CallGuard } from '../call-guard.ts';
import { chainLink } from '../chain-link.ts';
import type { Invocation } from '../invocation.ts';
import type { Middleware } from '../middleware.ts';

/**
 * Bounds how many calls of this process are under way to one other system, and how many wait. Adds `guard`, the breaker
 * and the bulkhead in one.
 *
 * @throws UpstreamBusy (at the call) when the queue is full; it costs no attempt of the step
 */
export function withBulkhead(): Middleware<
  Invocation & { readonly breakerGuard: CallGuard },
  { readonly guard: CallGuard },
  { readonly bulkhead: Bulkhead }
> {
  return chainLink('bulkhead', ({ breakerGuard }, next, { bulkhead }) =>
    next({ guard: bulkheadGuard(bulkhead, breakerGuard) }),
  );
}

/** The guard that {@link withBulkhead} puts around a call, within an outer one. */
export function bulkheadGuard(bulkhead: Bulkhead, outer: CallGuard): CallGuard {
  return (call, send) => outer(call, () => bulkhead.run(call.service, call.signal, send));
}
