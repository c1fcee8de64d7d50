import { failure } from '@adx/contract-kit';
import type { Bound, Contract, In, Json, Out, Principal, ReadDefinition } from '@adx/contract-kit';
import type { PrincipalVerifier } from '@adx/principal';
import { failOf } from './handlers.ts';
import type { Fail } from './handlers.ts';
import { matchHandlers } from './match-handlers.ts';
import type { StepLedger } from './step-ledger.ts';

type ReadsOf<C> = C extends { readonly reads: infer R } ? R : never;

/** Answers a read for the tenant of the principal, and for no other. */
export type ReadHandler<R extends ReadDefinition, Tx> = (context: {
  readonly input: In<R>;
  readonly tx: Tx;
  readonly principal: Principal;
  readonly tenantId: string;
  readonly fail: Fail<R['errors']>;
}) => Promise<Out<R>>;

/** One handler for each read of the contract. */
export type ReadHandlers<C, Tx> = {
  readonly [N in keyof ReadsOf<C>]: ReadsOf<C>[N] extends ReadDefinition ? ReadHandler<ReadsOf<C>[N], Tx> : never;
};

/** Reads by name: raw input and the caller's principal (JWS) in, checked output out. */
export type Reads = Readonly<Record<string, (input: unknown, principal: unknown) => Promise<Json>>>;

/** The contract's reads with their handlers, still without a database. */
export interface ReadImplementation<Tx> {
  bind(dependencies: { readonly verifier: PrincipalVerifier; readonly ledger: StepLedger<Tx> }): Reads;
}

/**
 * Binds code to the reads of a contract.
 *
 * @throws TypeError naming every read without a handler, and every handler of no read
 */
export function implementReads<C extends Contract, Tx>(
  contract: C,
  handlers: ReadHandlers<C, Tx>,
): ReadImplementation<Tx> {
  matchHandlers('reads', contract.service, contract.reads, handlers);
  return {
    bind: ({ verifier, ledger }) => {
      const answer = async (read: ReadDefinition & Bound, raw: unknown, jws: unknown): Promise<Json> => {
        const principal = await verifier.verify(jws);
        const input = read.input.safeParse(raw);
        if (!input.success) {
          const paths = input.error.issues.map(({ path, code }) => `${path.join('.') || 'input'} (${code})`);
          throw failure('InvalidInput', `${read.service}.${read.name}: ${paths.join(', ')}`);
        }
        const handler = (handlers as unknown as Record<string, ReadHandler<ReadDefinition, Tx>>)[read.name]!;
        const { tenantId } = principal;
        const context = { input: input.data, principal, tenantId, fail: failOf(read) };
        return read.output.parse(await ledger.withTenant(principal, (tx) => handler({ ...context, tx })));
      };
      return Object.fromEntries(
        Object.values(contract.reads).map((read) => [read.name, (input, jws) => answer(read, input, jws)] as const),
      ) as Reads;
    },
  };
}
