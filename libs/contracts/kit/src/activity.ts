import type { z } from 'zod';
import type { Duration, Wire } from './wire.ts';

/**
 * What a saga may do with an activity:
 * - `compensatable`: has an undo; the only kind a saga may use as a step;
 * - `pivot`: the point of no return; everything before it is undone on failure, nothing after it is;
 * - `retriable`: comes after the pivot and is tried until it succeeds;
 * - `readonly`: has no effect, so it gets no ledger row.
 */
export type ActivityKind = 'compensatable' | 'pivot' | 'retriable' | 'readonly';

/**
 * Who may cause the effect; checked in the effect's own transaction:
 * - `member`: the tenant is active and the principal holds one of the `roles` in it;
 * - `provisioning`: operators and services only; there is no access row yet, the effect may write it;
 * - `lifecycle`: operators and services only, whatever the tenant's status (suspend, resume, offboard).
 */
export type Access = 'member' | 'provisioning' | 'lifecycle';

/**
 * - `database`: one transaction;
 * - `external`: a call to another system that changes something there, framed by two transactions and a lease;
 * - `fetched`: a call that changes nothing there, and whose answer is applied here: in the second of these transactions.
 */
export type Effect = 'database' | 'external' | 'fetched';

/** How long one attempt may take and how many there are. Both required: a default is wrong at three in the morning. */
export interface Bounds {
  readonly attempt: Duration;
  readonly attempts: number;
  /** How long an attempt may be silent before it counts as lost; `withHeartbeat` tells three times as often. */
  readonly heartbeat?: Duration;
}

/** For a batch of a long-running process: five minutes are the longest an attempt may take. */
export const BATCH_BOUNDS: Bounds = { attempt: '5m', attempts: 3, heartbeat: '30s' };

/** Declared errors by name: expected outcomes, never retried, `<service>.<Name>` on the wire. */
export type ErrorSchemas = Readonly<Record<string, Wire>>;

/** One side effect of the service that owns the data, its undo included. */
export interface ActivityDefinition<
  K extends ActivityKind = ActivityKind,
  I extends Wire = Wire,
  O extends Wire = Wire,
  E extends ErrorSchemas = ErrorSchemas,
  F extends Effect = Effect,
> {
  readonly kind: K;
  readonly effect: F;
  readonly access: Access;
  /** Roles that may cause the effect under `member` access. */
  readonly roles: readonly string[];
  readonly input: I;
  readonly output: O;
  readonly errors: E;
  readonly bounds: Bounds;
  /** Why a pivot is a point of no return. */
  readonly because?: string;
}

type Because<K extends ActivityKind> = K extends 'pivot'
  ? { /** What cannot be taken back from here on, in one sentence. */ readonly because: string }
  : { readonly because?: never };

type WhoMay =
  | { readonly access?: 'member'; readonly roles: readonly [string, ...string[]] }
  | { readonly access: 'provisioning' | 'lifecycle'; readonly roles?: never };

/**
 * Declares an activity. Pure data: nothing is registered, nothing is checked before {@link defineContract}.
 *
 * `NoInfer`: within `defineContract({ ... })` what is left out would otherwise be inferred from there as "anything".
 *
 * @example
 * const reserveSeat = defineActivity({
 *   kind: 'compensatable', roles: ['owner'],
 *   input: z.strictObject({ seats: z.int().positive() }), output: z.strictObject({ left: z.int() }),
 *   errors: { NoSeatsLeft: z.strictObject({}) }, bounds: { attempt: '5s', attempts: 5 },
 * });
 */
export function defineActivity<
  const K extends ActivityKind,
  I extends Wire,
  O extends Wire,
  E extends ErrorSchemas = Record<never, Wire>,
  const F extends Effect = 'database',
>(
  definition: {
    readonly kind: K;
    /** Default `database`. */
    readonly effect?: F;
    readonly input: I;
    readonly output: O;
    readonly errors?: E;
    readonly bounds: Bounds;
  } & Because<K> &
    WhoMay,
): ActivityDefinition<K, I, O, NoInfer<E>, NoInfer<F>> {
  const { because } = definition as { because?: string };
  return {
    kind: definition.kind,
    effect: definition.effect ?? ('database' as F),
    access: definition.access ?? 'member',
    roles: definition.roles ?? [],
    input: definition.input,
    output: definition.output,
    errors: definition.errors ?? ({} as E),
    bounds: definition.bounds,
    ...(because === undefined ? {} : { because }),
  };
}

/** The details of a declared error. */
export type ErrorDetails<E extends ErrorSchemas, N extends keyof E> = z.output<E[N]>;
