import { chainLink } from '@adx/activity-middleware';
import type { CallGuard, CallOnly, Invocation, Middleware } from '@adx/activity-middleware';
import type { CallExternal, ExternalCaller } from './external-call.ts';

/**
 * Adds `callExternal` to the context of `call`, and nowhere else: in `run` and `prepare` a transaction is open, which
 * would wait for another system. Tenant and cancellation are those of the attempt; each call goes through the breaker
 * and the bulkhead of the chain.
 */
export function withExternalCalls(): Middleware<
  Invocation & { readonly tenantId: string; readonly guard: CallGuard; readonly signal: AbortSignal },
  CallOnly<{ readonly callExternal: CallExternal }>,
  { readonly caller: ExternalCaller }
> {
  return chainLink('external calls', ({ tenantId, guard, signal }, next, { caller }) =>
    next({ inCall: { callExternal: (call) => caller({ ...call, tenantId, signal }, guard) } }),
  );
}
