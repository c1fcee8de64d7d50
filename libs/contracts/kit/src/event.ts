import type { Bound } from './contract.ts';
import type { Json, Wire } from './wire.ts';

/** A fact of one service that others are told of: once it has committed, in order per aggregate. */
export interface EventDefinition<P extends Wire = Wire> {
  /** The services that are told. */
  readonly to: readonly string[];
  readonly payload: P;
}

/**
 * Declares an event. The receivers stand with the producer on purpose: contracts do not import each other in circles,
 * and who is told of a tenant's affairs is one line that somebody reviews.
 *
 * @example
 * const seatSold = defineEvent({ to: ['billing'], payload: z.strictObject({ seat: z.string() }) });
 */
export function defineEvent<P extends Wire>(definition: {
  readonly to: readonly [string, ...string[]];
  readonly payload: P;
}): EventDefinition<P> {
  return { to: definition.to, payload: definition.payload };
}

/** The name of an event on the wire: `tenant.tenantAccessChanged`. */
export function eventType({ service, name }: Pick<Bound, 'service' | 'name'>): string {
  return `${service}.${name}`;
}

/** An event as it travels from its outbox to an inbox. Numbers count per tenant, source, receiver and aggregate. */
export interface EventEnvelope {
  readonly id: string;
  /** `<service>.<name>`; its service is the source. */
  readonly type: string;
  readonly aggregate: string;
  /** From 1, without gaps. */
  readonly seq: number;
  /** ISO 8601. */
  readonly occurredAt: string;
  readonly payload: Json;
  /** A person has discarded it: only its number is left, so that what comes after it need not wait. */
  readonly discarded?: true;
}

/** The service that an event comes from. */
export function sourceOf({ type }: Pick<EventEnvelope, 'type'>): string {
  return type.split('.', 1)[0]!;
}

/** The workflow that hands events over; every worker registers it. Its input is a list of {@link EventEnvelope}. */
export const DELIVER_EVENTS_WORKFLOW = 'deliverEvents';
/** The activity that applies them. No contract can have one of this name. */
export const APPLY_EVENTS_ACTIVITY = 'kernel.applyEvents';
/** So many events are delivered at once at most. */
export const MOST_EVENTS_AT_ONCE = 500;
