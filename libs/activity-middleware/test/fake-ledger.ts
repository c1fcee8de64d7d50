import type { ForwardRequest, ReadRequest, Settlement, StepLedger, StepRequest } from '@adx/activity-middleware';
import type { Json, Principal } from '@adx/contract-kit';

/** What handlers get as `tx`. */
export interface FakeTx {
  readonly tx: 'of the ledger';
}
const tx: FakeTx = { tx: 'of the ledger' };

/** A ledger that remembers nothing: it runs what it is given and notes what it was asked. */
export interface FakeLedger extends StepLedger<FakeTx> {
  /** Method and request of each call. */
  readonly asked: { readonly method: string; readonly request: StepRequest | ReadRequest | Principal }[];
  /** What `undo` finds in the ledger. */
  row: { readonly input: Json; readonly output: Json | undefined };
  settlement: Settlement;
}

export function createFakeLedger(): FakeLedger {
  const asked: FakeLedger['asked'] = [];
  const note = (method: string, request: StepRequest | ReadRequest | Principal) => void asked.push({ method, request });
  return {
    asked,
    row: { input: { item: 'stored', copies: 1 }, output: { sale: 'stored' } },
    settlement: { outcome: 'fenced' },
    async forward(request: ForwardRequest, effect) {
      note('forward', request);
      return effect(tx);
    },
    async external(request, effect) {
      note('external', request);
      return effect.call(await effect.prepare(tx), `key of ${request.step}`);
    },
    async fetched(request, effect) {
      note('fetched', request);
      return effect.apply(tx, await effect.call(await effect.prepare(tx)));
    },
    async undo(request, effect) {
      note('undo', request);
      await effect(tx, this.row);
    },
    async undoExternal(request, effect) {
      note('undoExternal', request);
      const key = `key of ${request.step}`;
      await effect.call(await effect.prepare(tx, this.row, key), this.row, key);
    },
    async settle(request) {
      note('settle', request);
      return this.settlement;
    },
    async look(request, query) {
      note('look', request);
      return query(tx);
    },
    async withTenant(principal, query) {
      note('withTenant', principal);
      return query(tx);
    },
  };
}
