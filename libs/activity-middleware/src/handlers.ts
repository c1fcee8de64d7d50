import { declaredError } from '@adx/contract-kit';
import type { ActivityDefinition, Bound, ErrorDetails, ErrorSchemas, In, Json, Out } from '@adx/contract-kit';
import type { ApplicationFailure } from '@temporalio/common';
import type { Invocation } from './invocation.ts';

/** Makes the declared errors of an activity or a read, and no others. */
export type Fail<E extends ErrorSchemas> = {
  readonly [N in keyof E & string]: (details: ErrorDetails<E, N>) => ApplicationFailure;
};

/** What middlewares add for `call` only: there no transaction is open, and a call to another system holds none up. */
export interface CallOnly<Add extends object> {
  readonly inCall: Add;
}

/** Keys of middlewares that handlers do not see. */
type Plumbing = keyof Invocation | 'input' | 'inCall' | 'breakerGuard' | 'guard';

/** What every handler gets, besides what the middlewares added. */
export type HandlerContext<Context> = Omit<Context, Plumbing> & {
  readonly operationId: string;
  readonly step: string;
};

type InCall<Context> = Context extends CallOnly<infer Add> ? Add : object;

type Forward<D extends ActivityDefinition, Context> = HandlerContext<Context> & {
  readonly input: In<D>;
  readonly fail: Fail<D['errors']>;
};

interface Run<D extends ActivityDefinition, Context, Tx> {
  /** The effect; commits with its ledger row and its audit entry, or not at all. */
  run(context: Forward<D, Context> & { readonly tx: Tx }): Promise<Out<D>>;
}

interface Undo<D extends ActivityDefinition, Context, Tx> {
  /** Takes the effect back. `input` and `output` are those the ledger stored, not what a caller claims. */
  undo(
    context: HandlerContext<Context> & { readonly tx: Tx; readonly input: In<D>; readonly output: Out<D> },
  ): Promise<void>;
}

type Stored<D extends ActivityDefinition, Context> = HandlerContext<Context> & {
  readonly input: In<D>;
  /** Undefined when nobody knows whether the call happened: ask the other side by `key`. */
  readonly output: Out<D> | undefined;
  /** The idempotency key of the call that is undone. A call of the undo needs a key of its own: derive it from this. */
  readonly key: string;
};

interface UndoCall<D extends ActivityDefinition, Context, Tx, UndoPrepared> {
  /** Takes the effect in the other system back, framed like the call: a lease, the call, `undone`. */
  readonly undo: {
    /** Runs in the transaction that closes the step for forward attempts: looks up what the undo needs. */
    prepare(context: Stored<D, Context> & { readonly tx: Tx }): Promise<UndoPrepared>;
    /** Runs outside any transaction. May run again after a crash: what is undone already must count as success. */
    call(context: Stored<D, Context> & InCall<Context> & { readonly prepared: UndoPrepared }): Promise<void>;
  };
}

interface CallOut<D extends ActivityDefinition, Context, Tx, Prepared> {
  /** Runs in the transaction that notes the beginning: looks up what the call needs. */
  prepare(context: Forward<D, Context> & { readonly tx: Tx }): Promise<Prepared>;
  /** The call itself, outside any transaction. `key` is the same at every attempt: the other side's idempotency key. */
  call(
    context: Forward<D, Context> & InCall<Context> & { readonly prepared: Prepared; readonly key: string },
  ): Promise<Out<D>>;
}

interface FetchAndApply<D extends ActivityDefinition, Context, Tx, Prepared, Fetched> {
  /** Runs in the transaction that notes the beginning: looks up what the call needs. */
  prepare(context: Forward<D, Context> & { readonly tx: Tx }): Promise<Prepared>;
  /** The call, outside any transaction; again when nobody saw it end. What it gives is kept nowhere. */
  call(context: Forward<D, Context> & InCall<Context> & { readonly prepared: Prepared }): Promise<Fetched>;
  /** The effect here; commits with its ledger row and its audit entry, or not at all. Access is checked anew. */
  apply(context: Forward<D, Context> & { readonly tx: Tx; readonly fetched: Fetched }): Promise<Out<D>>;
}

/** The handler of an activity that applies what another system answers. Its undo is one of the own database. */
export type FetchedHandler<D extends ActivityDefinition, Context, Tx, Prepared, Fetched> = FetchAndApply<
  D,
  Context,
  Tx,
  Prepared,
  Fetched
> &
  (D['kind'] extends 'compensatable' ? Undo<D, Context, Tx> : object);

/** The handler of an activity whose effect is a call to another system. */
export type ExternalHandler<D extends ActivityDefinition, Context, Tx, Prepared, UndoPrepared = unknown> = CallOut<
  D,
  Context,
  Tx,
  Prepared
> &
  (D['kind'] extends 'compensatable' ? UndoCall<D, Context, Tx, UndoPrepared> : object);

/** The handler of an activity whose effect is in the service's own database. */
export type DatabaseHandler<D extends ActivityDefinition, Context, Tx> = Run<D, Context, Tx> &
  (D['kind'] extends 'compensatable' ? Undo<D, Context, Tx> : object);

/** The shape of a handler follows from the kind and the effect that the contract declares. */
export type Handler<D extends ActivityDefinition, Context, Tx> = D['effect'] extends 'external'
  ? ExternalHandler<D, Context, Tx, never, never>
  : D['effect'] extends 'fetched'
    ? FetchedHandler<D, Context, Tx, never, never>
    : DatabaseHandler<D, Context, Tx>;

/** The undo of an external effect, as the kernel calls it. */
export interface AnyUndoCall {
  prepare(context: object): Promise<unknown>;
  call(context: object): Promise<void>;
}

/** A handler of any type, as the kernel calls it. */
export interface AnyHandler {
  run?(context: object): Promise<Json>;
  undo?: ((context: object) => Promise<void>) | AnyUndoCall;
  prepare?(context: object): Promise<unknown>;
  /** Of a fetched effect, what `apply` gets: anything. */
  call?(context: object): Promise<Json>;
  apply?(context: object): Promise<Json>;
}

/** The `fail` of one definition. Details are checked: what a contract does not declare does not leave the service. */
export function failOf(definition: { readonly errors: ErrorSchemas } & Bound): Fail<ErrorSchemas> {
  return Object.fromEntries(
    Object.entries(definition.errors).map(([name, schema]) => [
      name,
      (details: Json) => declaredError(definition.service, name, schema.parse(details)),
    ]),
  );
}
