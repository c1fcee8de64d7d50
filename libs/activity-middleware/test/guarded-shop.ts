import {
  implementContract,
  withBreaker,
  withBulkhead,
  withHeartbeat,
  withPrincipal,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import type {
  Breaker,
  BreakerOutcome,
  Bulkhead,
  CallGuard,
  CallOnly,
  Exchange,
  Invocation,
  Middleware,
} from '@adx/activity-middleware';
import type { Json } from '@adx/contract-kit';
import { createFakeLedger } from './fake-ledger.ts';
import type { FakeTx } from './fake-ledger.ts';
import { callOf, runAttempt, usualHandlers, verifier } from './shop.ts';
import { shopContract } from './shop.contract.ts';

type Reach = (send: () => Promise<Exchange<string>>) => Promise<Exchange<string>>;

/** Hands the guards of the chain to `call`, as the library that calls other systems does. */
const withReach: Middleware<Invocation & { readonly guard: CallGuard }, CallOnly<{ readonly reach: Reach }>> = (
  { guard },
  next,
) => next({ inCall: { reach: (send) => guard({ service: 'bank', signal: new AbortController().signal }, send) } });

/** Notes what it is asked and told; `refuse` is what it throws, if anything. */
export function notingGuards(refuse: { breaker?: Error; bulkhead?: Error } = {}) {
  const noted: string[] = [];
  const breaker: Breaker = {
    admit: async (service) => {
      noted.push(`breaker asked for ${service}`);
      if (refuse.breaker) throw refuse.breaker;
      return async (outcome) => void noted.push(`breaker told ${outcome}`);
    },
  };
  const bulkhead: Bulkhead = {
    run: async (service, _signal, work) => {
      noted.push(`turn for ${service}`);
      if (refuse.bulkhead) throw refuse.bulkhead;
      return work().finally(() => noted.push('turn over'));
    },
  };
  return { breaker, bulkhead, noted };
}

/** Attempts `thank`, whose call ends with this outcome, or the undo of `order`. */
export async function callThrough(
  guards: Pick<ReturnType<typeof notingGuards>, 'breaker' | 'bulkhead' | 'noted'>,
  outcome: BreakerOutcome = 'ok',
  type: 'thank' | 'order.undo' = 'thank',
): Promise<Json> {
  const chain = implementContract(shopContract)
    .use(withValidation())
    .use(withPrincipal())
    .use(withBreaker())
    .use(withBulkhead())
    .use(withHeartbeat())
    .use(withReach)
    .use(withTransaction<FakeTx>());
  const send = async (): Promise<Exchange<string>> => {
    guards.noted.push('sent');
    return outcome === 'ok' ? { outcome, answer: 'thanks' } : { outcome, failed: new Error('no answer') };
  };
  const handlers = {
    ...usualHandlers,
    thank: chain.activity('thank', {
      prepare: async (context) => void guards.noted.push(Object.hasOwn(context, 'reach') ? 'reach' : 'prepared'),
      call: async ({ reach }) => {
        const exchange = await reach(send);
        if ('failed' in exchange) throw exchange.failed;
        return { sale: exchange.answer };
      },
    }),
    order: chain.activity('order', {
      prepare: async () => 1,
      call: async () => ({ sale: '1' }),
      undo: { prepare: async () => 1, call: async ({ reach }) => void (await reach(send)) },
    }),
  };
  const { breaker, bulkhead } = guards;
  // The usual handlers are of another chain and use nothing of it.
  const implementation = chain.handlers(handlers as unknown as Parameters<typeof chain.handlers>[0]);
  const activities = implementation.bind({ verifier, ledger: createFakeLedger(), breaker, bulkhead });
  return runAttempt(activities[type]!, type === 'thank' ? { item: 'book' } : null, callOf(type), 2);
}
