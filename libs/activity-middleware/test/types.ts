import {
  implementContract,
  implementReads,
  withAdapters,
  withBreaker,
  withBulkhead,
  withPrincipal,
  withTelemetry,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import type { CallOnly, Middleware, Passed, StepLedger } from '@adx/activity-middleware';
import { defineActivity, defineContract, defineEvent, defineRead } from '@adx/contract-kit';
import type { PrincipalVerifier } from '@adx/principal';
import type { Logger } from '@adx/telemetry';
import { z } from 'zod';

// What must not compile around an activity. An expectation that is not met is itself an error.

const Item = z.strictObject({ item: z.string() });
const Sold = z.strictObject({ id: z.uuid().brand<'SaleId'>() });
const options = { access: 'provisioning', input: Item, output: Sold, bounds: { attempt: '5s', attempts: 3 } } as const;

const shop = defineContract({
  service: 'shop',
  taskQueue: 'shop',
  activities: {
    reserve: defineActivity({ kind: 'compensatable', errors: { SoldOut: Item }, ...options }),
    order: defineActivity({ kind: 'compensatable', effect: 'external', ...options }),
    thank: defineActivity({ kind: 'retriable', ...options }),
    price: defineActivity({ kind: 'compensatable', effect: 'fetched', ...options }),
  },
  reads: { getSale: defineRead({ input: Item, output: Sold, errors: { Unknown: Item } }) },
  events: { itemSold: defineEvent({ to: ['billing'], payload: Item }) },
});
const other = defineContract({
  service: 'other',
  taskQueue: 'other',
  activities: {},
  events: { itemLost: defineEvent({ to: ['billing'], payload: Item }) },
});
interface Tx {
  insert(row: string): Promise<z.output<typeof Sold>>;
}
declare const verifier: PrincipalVerifier;
declare const ledger: StepLedger<Tx>;
declare const logger: Logger;
declare const sold: z.output<typeof Sold>;

const chain = implementContract(shop).use(withValidation()).use(withPrincipal());
const framed = chain.use(withTransaction<Tx>());

/** A transaction is of a tenant and stores a checked input, so both must be there before it. */
export function chains() {
  const bare = implementContract(shop);
  // @ts-expect-error neither is there
  bare.use(withTransaction<Tx>());
  // @ts-expect-error nobody checked the input
  bare.use(withPrincipal()).use(withTransaction<Tx>());
  // @ts-expect-error nobody knows who acts
  bare.use(withValidation()).use(withTransaction<Tx>());
  // @ts-expect-error nothing comes after the transaction
  framed.use(withTelemetry());
  // @ts-expect-error without a transaction there are no handlers
  void chain.handlers;
}

/** A call to another system is guarded, in this order, and exists in `call` only. */
export function guards() {
  // @ts-expect-error nobody knows who acts
  implementContract(shop).use(withBreaker());
  // @ts-expect-error the bulkhead is within the breaker
  chain.use(withBulkhead());
  const guarded = chain.use(withBreaker()).use(withBulkhead());
  const withDial: Middleware<object, CallOnly<{ readonly dial: () => Promise<z.output<typeof Sold>> }>> = (_c, next) =>
    next({ inCall: { dial: async () => sold } });
  const dialling = guarded.use(withDial).use(withTransaction<Tx>());
  const undo = { prepare: () => Promise.resolve(2), call: async ({ dial }: { dial: () => unknown }) => void dial() };
  dialling.activity('order', { prepare: () => Promise.resolve(1), call: ({ dial }) => dial(), undo });
  // @ts-expect-error a transaction is open
  dialling.activity('order', { prepare: ({ dial }) => dial(), call: async () => sold, undo });
  // @ts-expect-error a transaction is open here, too
  dialling.activity('thank', { run: ({ dial }) => dial() });
  // @ts-expect-error a guard is for what calls, not for handlers
  dialling.activity('thank', { run: async ({ guard }) => guard });
}

/** A middleware passes on what `next` gave it; the context has what those before it added. */
export function middlewares() {
  chain
    .use(async (_context, next) => next({ colour: 'red' }))
    .use(async ({ colour }, next) => next({ length: colour.length }));
  chain.use(({ tenantId }, next) => next({ tenantId }));
  // @ts-expect-error what next() gave is not returned
  chain.use(async (_context, next) => void (await next()));
  // @ts-expect-error nothing else looks like it
  chain.use(async (_context, next) => ({ ...(await next()), result: 1 }).result);
  // @ts-expect-error next() is not called at all
  chain.use(async () => ({ result: null }));
  // @ts-expect-error nobody added a colour
  chain.use(async ({ colour }, next) => next({ length: colour.length }));
  // @ts-expect-error what is said to be added must be added
  const colourful: Middleware<object, { readonly colour: string }> = (_context, next) => next({ size: 1 });
  // @ts-expect-error two of a name do not agree
  const both: Passed<{ a: string }> = {} as Passed<{ a: number }>;
  return [colourful, both];
}

/** Handlers do what the contract says. */
export function handlers() {
  const run = async ({ input, tx }: { input: { item: string }; tx: Tx }) => tx.insert(input.item);
  const undo = () => Promise.resolve();
  framed.activity('reserve', { run, undo });
  const undoCall = { prepare: () => Promise.resolve(2), call: () => Promise.resolve() };
  framed.activity('order', { prepare: () => Promise.resolve(1), call: async () => sold, undo: undoCall });
  // @ts-expect-error the undo of a call is a call: it cannot run in a transaction
  framed.activity('order', { prepare: () => Promise.resolve(1), call: async () => sold, undo });
  framed.activity('thank', { run });
  // @ts-expect-error what is compensatable has an undo
  framed.activity('reserve', { run });
  // @ts-expect-error also when it is a call to another system
  framed.activity('order', { prepare: () => Promise.resolve(1), call: async () => sold });
  // @ts-expect-error a call to another system has no transaction to run in
  framed.activity('order', { run, undo });
  // @ts-expect-error what has no undo is not undone
  framed.activity('thank', { run, undo });
  // @ts-expect-error an activity that the contract does not have
  framed.activity('refund', { run });
  // @ts-expect-error an output that the contract does not have
  framed.activity('thank', { run: async () => ({ id: 1 }) });
  // @ts-expect-error a text is no sale id
  framed.activity('thank', { run: async () => ({ id: 'a text' }) });
  // @ts-expect-error an input that the contract does not have
  framed.activity('thank', { run: async ({ input, tx }) => tx.insert(input.colour) });
  const prepare = () => Promise.resolve(1);
  const call = () => Promise.resolve({ cents: 100 });
  framed.activity('price', {
    prepare,
    call,
    apply: ({ tx, fetched, input }) => tx.insert(`${input.item} ${fetched.cents}`),
    undo: async ({ output }) => void output.id,
  });
  // @ts-expect-error what is fetched is applied
  framed.activity('price', { prepare, call, undo });
  // @ts-expect-error what is applied is undone here
  framed.activity('price', { prepare, call, apply: async () => sold, undo: undoCall });
  // @ts-expect-error the call is outside of any transaction
  framed.activity('price', { prepare, call: ({ tx }) => tx.insert(''), apply: async () => sold, undo });
  // @ts-expect-error the call is outside of any transaction
  framed.activity('order', { prepare, call: async ({ tx }) => tx.insert(''), undo: undoCall });
  const unsure = { prepare: () => Promise.resolve(1), call: async () => sold };
  framed.activity('order', {
    ...unsure,
    undo: { ...undoCall, call: async ({ output, key }) => void [output?.id, key] },
  });
  // @ts-expect-error nobody knows for sure that there is an output to undo
  framed.activity('order', { ...unsure, undo: { ...undoCall, call: async ({ output }) => void output.id } });
  framed.activity('reserve', {
    run: ({ fail }) => {
      if (Math.random() > 2) throw fail.SoldOut({ item: 'book' });
      // @ts-expect-error details that the error does not have
      if (Math.random() > 2) throw fail.SoldOut({ colour: 'red' });
      // @ts-expect-error an error that the contract does not declare
      throw fail.Closed({});
    },
    undo,
  });
  // @ts-expect-error every activity has a handler
  framed.handlers({ thank: { run } });
  const all = {} as Parameters<typeof framed.handlers>[0];
  const more = { ...all, refund: { run } };
  // @ts-expect-error a handler of no activity, in a list that is no literal
  framed.handlers(more);
}

/** The composition root supplies what the middlewares need. */
export function dependencies() {
  const complete = chain.use(withTelemetry()).use(withAdapters<{ mail: string }>()).use(withTransaction<Tx>());
  const bound = complete.handlers({} as Parameters<typeof complete.handlers>[0]);
  bound.bind({ verifier, ledger, logger, adapters: { mail: '' } });
  // @ts-expect-error the mail adapter is missing
  bound.bind({ verifier, ledger, logger });
  // @ts-expect-error so is the logger
  bound.bind({ verifier, ledger, adapters: { mail: '' } });
}

/** Reads, like activities. */
export function reads() {
  implementReads<typeof shop, Tx>(shop, { getSale: ({ input, tx }) => tx.insert(input.item) });
  // @ts-expect-error every read has a handler
  implementReads<typeof shop, Tx>(shop, {});
  // @ts-expect-error an output that the contract does not have
  implementReads<typeof shop, Tx>(shop, { getSale: async () => ({ id: 1 }) });
  // @ts-expect-error an error that the contract does not declare
  implementReads<typeof shop, Tx>(shop, { getSale: async ({ fail }) => Promise.reject(fail.Closed({})) });
}

/** A handler tells what its own contract declares. */
export function events() {
  framed.activity('thank', {
    run: async ({ outbox }) => {
      outbox.emit(shop.events.itemSold, { item: 'book' }, { aggregate: 'item/1' });
      // @ts-expect-error not what the event declares
      outbox.emit(shop.events.itemSold, { item: 1 }, { aggregate: 'item/1' });
      // @ts-expect-error the event of another service
      outbox.emit(other.events.itemLost, { item: 'book' }, { aggregate: 'item/1' });
      // @ts-expect-error about what?
      outbox.emit(shop.events.itemSold, { item: 'book' });
      return sold;
    },
  });
}
