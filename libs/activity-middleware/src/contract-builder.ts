import type { ActivityDefinition, Contract } from '@adx/contract-kit';
import { createActivities } from './activities.ts';
import type { Activities } from './activities.ts';
import { chainFaults } from './chain-faults.ts';
import { definitionFaults } from './definition-faults.ts';
import type { Frame } from './frame.ts';
import type { AnyHandler, DatabaseHandler, ExternalHandler, FetchedHandler, Handler } from './handlers.ts';
import type { Invocation } from './invocation.ts';
import type { AnyMiddleware, Middleware } from './middleware.ts';
import type { EventsOf, Outbox } from './outbox.ts';

type ActivitiesOf<C> = C extends { readonly activities: infer A } ? A : never;

type DefinitionOf<C, N extends keyof ActivitiesOf<C>> = ActivitiesOf<C>[N] extends infer D extends ActivityDefinition
  ? D
  : never;

type NamesOf<C, Effect extends ActivityDefinition['effect']> = {
  [N in keyof ActivitiesOf<C>]: ActivitiesOf<C>[N] extends { readonly effect: Effect } ? N : never;
}[keyof ActivitiesOf<C>];

/** One handler for each activity of the contract. */
export type Handlers<C, Context, Tx> = {
  readonly [N in keyof ActivitiesOf<C>]: ActivitiesOf<C>[N] extends ActivityDefinition
    ? Handler<ActivitiesOf<C>[N], Context, Tx>
    : never;
};

/** Refuses names that the contract does not have: the compiler alone sees them in literals only, and not in a module. */
type NoOthers<C, H> = {
  readonly [N in Exclude<keyof H & string, keyof ActivitiesOf<C>>]: `${N} is no activity of the contract`;
};

/** A contract with its handlers; becomes activities when the composition root supplies what the middlewares need. */
export interface Implementation<Dependencies extends object> {
  readonly contract: Contract;
  bind(dependencies: Dependencies): Activities;
}

/** A contract on its way to an implementation: middlewares first, outermost one first. */
export interface ContractBuilder<C, Context, Dependencies extends object> {
  /** The frame ends the chain: the transaction is the innermost of all, and nothing can come after it. */
  use<Tx, D extends object>(
    frame: Frame<Context, Tx, D>,
  ): FramedBuilder<C, Context & { readonly outbox: Outbox<EventsOf<C>> }, Tx, Dependencies & D>;
  use<Add extends object, D extends object>(
    middleware: Middleware<Context, Add, D>,
  ): ContractBuilder<C, Context & Add, Dependencies & D>;
}

/** A complete chain: what is left are the handlers. */
export interface FramedBuilder<C, Context, Tx, Dependencies extends object> {
  /** Types one handler, so that it can live in a file of its own. */
  activity<N extends NamesOf<C, 'external'>, Prepared, UndoPrepared>(
    name: N,
    handler: ExternalHandler<DefinitionOf<C, N>, Context, Tx, Prepared, UndoPrepared>,
  ): Handlers<C, Context, Tx>[N];
  activity<N extends NamesOf<C, 'fetched'>, Prepared, Fetched>(
    name: N,
    handler: FetchedHandler<DefinitionOf<C, N>, Context, Tx, Prepared, Fetched>,
  ): Handlers<C, Context, Tx>[N];
  activity<N extends NamesOf<C, 'database'>>(
    name: N,
    handler: DatabaseHandler<DefinitionOf<C, N>, Context, Tx>,
  ): Handlers<C, Context, Tx>[N];
  /**
   * @throws TypeError naming every activity without a handler, without its undo, or unknown to the contract, and every
   *   middleware that is missing, there twice or out of order
   */
  handlers<H extends Handlers<C, Context, Tx>>(handlers: H & NoOthers<C, H>): Implementation<Dependencies>;
}

/**
 * Binds code to a contract.
 *
 * @example
 * export const tenantActivities = implementContract(tenantContract)
 *   .use(withTelemetry()).use(withValidation()).use(withPrincipal()).use(withTransaction<TenantTx>());
 */
export function implementContract<C extends Contract>(contract: C): ContractBuilder<C, Invocation, object> {
  const build = (chain: readonly AnyMiddleware[]) => ({
    use: (link: AnyMiddleware | Frame<Invocation, unknown, object>) =>
      typeof link === 'function' ? build([...chain, link]) : frame(chain, link),
  });
  const frame = (chain: readonly AnyMiddleware[], last: Frame<Invocation, unknown, object>) => ({
    activity: (_name: string, handler: AnyHandler) => handler,
    handlers: (handlers: Readonly<Record<string, AnyHandler>>): Implementation<object> => {
      const faults = [...chainFaults(contract, chain), ...definitionFaults(contract, handlers)];
      if (faults.length > 0) {
        throw new TypeError(`the implementation of "${contract.service}" is incomplete:\n  - ${faults.join('\n  - ')}`);
      }
      return {
        contract,
        bind: (dependencies) => createActivities({ contract, chain, frame: last, handlers, dependencies }),
      };
    },
  });
  // The interfaces above are the truth for authors; what is built here is the same for every contract.
  return build([]) as unknown as ContractBuilder<C, Invocation, object>;
}
