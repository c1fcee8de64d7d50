import type { z } from 'zod';
import type { Wire } from './wire.ts';

/** The five shapes a durable process may have. */
export type Pattern = 'standard' | 'saga' | 'long-running' | 'event-driven' | 'resilient';

/**
 * Where the last part of the operation id comes from: `request` gives one operation per caller and Idempotency-Key;
 * a function gives a business key, for entities and singletons.
 */
export type Identity<I extends Wire> = 'request' | ((input: z.output<I>) => string);

/** What a process may be told while it runs, by name; checked before the process sees it. */
export type SignalSchemas = Readonly<Record<string, Wire>>;

/** A durable process that others start by contract. */
export interface WorkflowDefinition<
  P extends Pattern = Pattern,
  I extends Wire = Wire,
  O extends Wire = Wire,
  S extends SignalSchemas = SignalSchemas,
  U extends AnyWorkflowDefinition | undefined = AnyWorkflowDefinition | undefined,
> {
  readonly pattern: P;
  readonly input: I;
  readonly output: O;
  readonly identity: Identity<I>;
  readonly signals: S;
  /** The saga that takes a finished one back; without it a process is no step before a pivot. */
  readonly undoneBy: U;
  /** Whoever leaves a parked step undone, or says that it is done, is not who started the process. */
  readonly twoPersons: boolean;
}

/** Any workflow; without `identity`, which is contravariant in its input and would refuse every concrete one. */
export interface AnyWorkflowDefinition {
  readonly pattern: Pattern;
  readonly input: Wire;
  readonly output: Wire;
  readonly signals: SignalSchemas;
  readonly undoneBy: AnyWorkflowDefinition | undefined;
  readonly twoPersons: boolean;
}

/** What the saga that undoes another one is started with: what that one got and gave. */
export interface ToUndo<I extends Wire, O extends Wire> {
  readonly input: z.output<I>;
  readonly output: z.output<O>;
}

/** A saga that can be started with what another one got and gave. */
type Undoes<I extends Wire, O extends Wire, U> = U extends { readonly pattern: 'saga'; readonly input: Wire }
  ? ToUndo<I, O> extends z.output<U['input']>
    ? unknown
    : never
  : never;

/**
 * Declares a durable process. Pure data.
 *
 * `NoInfer`: see `defineActivity`.
 *
 * @example
 * const closeShop = defineWorkflow({
 *   pattern: 'saga', input: z.strictObject({ input: Shop, output: Opened }), output: Closed, identity: 'request',
 * });
 * const openShop = defineWorkflow({
 *   pattern: 'saga', input: Shop, output: Opened, identity: 'request',
 *   signals: { approved: z.strictObject({ by: z.string() }) },
 *   undoneBy: closeShop,
 * });
 */
export function defineWorkflow<
  const P extends Pattern,
  I extends Wire,
  O extends Wire,
  S extends SignalSchemas = Record<never, Wire>,
  U extends AnyWorkflowDefinition | undefined = undefined,
>(definition: {
  readonly pattern: P;
  readonly input: I;
  readonly output: O;
  readonly identity: 'request' | ((input: z.output<NoInfer<I>>) => string);
  readonly signals?: S;
  /** A saga of the same contract, whose input is `{ input, output }` of this one. */
  readonly undoneBy?: U & Undoes<NoInfer<I>, NoInfer<O>, NoInfer<U>>;
  /**
   * An answer to a parked step other than `retry` has to come from another person than the one who started the process.
   * Default false.
   */
  readonly twoPersons?: boolean;
}): WorkflowDefinition<P, I, O, NoInfer<S>, NoInfer<U>> {
  return {
    pattern: definition.pattern,
    input: definition.input,
    output: definition.output,
    identity: definition.identity,
    signals: definition.signals ?? ({} as S),
    undoneBy: definition.undoneBy as U,
    twoPersons: definition.twoPersons ?? false,
  };
}
