import {
  APPLY_EVENTS_ACTIVITY,
  MOST_EVENTS_AT_ONCE,
  eventType,
  failure,
  parseOperationId,
  sourceOf,
} from '@adx/contract-kit';
import type { Bound, Contract, EventDefinition, EventEnvelope, Json, Principal } from '@adx/contract-kit';
import type { PrincipalVerifier } from '@adx/principal';
import type { Logger } from '@adx/telemetry';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import type { Activities } from './activities.ts';
import type { AppliedEvent, Inbox } from './inbox.ts';
import { harmless, temporalMeter } from './meter.ts';
import type { Meter } from './meter.ts';

/** What the handler of an event gets. Its effects go through `tx` and commit with the position in the inbox. */
export interface EventContext<P, Tx> {
  readonly tx: Tx;
  readonly payload: P;
  readonly tenantId: string;
  readonly occurredAt: Date;
  readonly log: Logger;
}
export type EventHandler<P, Tx> = (context: EventContext<P, Tx>) => Promise<void>;

/** An event with its handler. */
export interface EventSubscription<Tx> {
  readonly event: EventDefinition & Bound;
  readonly handle: EventHandler<never, Tx>;
}

/** The events that a service receives, still without a database. */
export interface EventImplementation<Tx> {
  /** @param dependencies.meter gets `projection_lag_ms` of every applied event, by `event`; Temporal's by default */
  bind(dependencies: {
    readonly verifier: PrincipalVerifier;
    readonly inbox: Inbox<Tx>;
    readonly logger: Logger;
    readonly meter?: Meter;
  }): Activities;
}

type On<Tx> = <E extends EventDefinition & Bound>(
  event: E,
  handle: EventHandler<z.output<E['payload']>, Tx>,
) => EventSubscription<Tx>;

const Envelopes: z.ZodType<EventEnvelope[]> = z
  .array(
    z.object({
      id: z.guid(),
      type: z.string().regex(/^[a-z][a-z0-9-]*\.[a-z][A-Za-z0-9]*$/),
      aggregate: z.string().min(1),
      seq: z.int().positive(),
      occurredAt: z.iso.datetime(),
      payload: z.json() as unknown as z.ZodType<Json>,
      discarded: z.literal(true).optional(),
    }) as unknown as z.ZodType<EventEnvelope>,
  )
  .min(1)
  .max(MOST_EVENTS_AT_ONCE);

const DeliveryCall = z.looseObject({
  operationId: z.string(),
  executionKey: z.string(),
  principal: z.string(),
});

/**
 * Binds code to the events that other services tell this one.
 *
 * @throws TypeError naming every event that is not addressed to this service, or that has two handlers
 * @example
 * export const events = implementEvents<UserTx>(userContract, (on) => [
 *   on(tenantContract.events.tenantAccessChanged, ({ tx, payload }) => accessRows(tx).changeTenant(payload.status, payload.version)),
 * ]);
 */
export function implementEvents<Tx>(
  { service }: Contract,
  subscribe: (on: On<Tx>) => readonly EventSubscription<Tx>[],
): EventImplementation<Tx> {
  const subscriptions = subscribe((event, handle) => ({ event, handle: handle as EventHandler<never, Tx> }));
  const handlers = new Map<string, EventSubscription<Tx>>();
  const faults: string[] = [];
  for (const subscription of subscriptions) {
    const { event } = subscription;
    if (!event.to.includes(service))
      faults.push(`${eventType(event)}: is not addressed to ${service}; add it to its "to"`);
    if (handlers.has(eventType(event))) faults.push(`${eventType(event)}: has two handlers; an event has one`);
    handlers.set(eventType(event), subscription);
  }
  if (faults.length > 0) throw new TypeError(`the events of "${service}" are wrong:\n  - ${faults.join('\n  - ')}`);

  return {
    bind: ({ verifier, inbox, logger, meter: given }) => {
      const meter = harmless(given ?? temporalMeter);
      return {
        [APPLY_EVENTS_ACTIVITY]: async (raw, rawCall) => {
          const { call, tenantId, events } = await authenticate(verifier, service, raw, rawCall);
          const { operationId, executionKey } = call;
          const log = logger.child({ operationId });
          const counts = { applied: 0, held: 0, duplicate: 0, failed: 0, dead: 0 };
          const handle = async (tx: Tx, event: EventEnvelope) => {
            if (event.discarded) return;
            const known = handlers.get(event.type);
            if (!known) throw failure('NotFound', `${service} has no handler for ${event.type}`);
            const payload = known.event.payload.safeParse(event.payload);
            if (!payload.success)
              throw failure('InvalidInput', `${event.type} has a payload that is not its contract's`);
            const occurredAt = new Date(event.occurredAt);
            await known.handle({ tx, payload: payload.data as never, tenantId, occurredAt, log });
          };
          for (const event of events) {
            for (const done of await inbox.receive(event, { tenantId, operationId, executionKey }, handle)) note(done);
          }
          log.info(counts, 'events received');
          // The others went on; those that failed are worth another attempt of the whole, which finds the rest applied.
          if (counts.failed > 0) {
            throw ApplicationFailure.retryable(`${counts.failed} event(s) could not be applied yet`, 'EventNotApplied');
          }
          return counts;

          function note({ event, outcome, error }: AppliedEvent): void {
            counts[outcome] += 1;
            const { id, type } = event;
            if (outcome === 'applied') {
              meter.record('projection_lag_ms', Date.now() - Date.parse(event.occurredAt), { event: type });
            } else if (outcome === 'dead') log.error({ event: type, eventId: id, error }, 'event is dead');
            else if (outcome === 'failed') log.warn({ event: type, eventId: id, error }, 'event could not be applied');
          }
        },
      };
    },
  };
}

/** Events come from the service that signed their delivery. A service may hand its own inbox over once more. */
async function authenticate(verifier: PrincipalVerifier, service: string, raw: unknown, rawCall: unknown) {
  const call = DeliveryCall.safeParse(rawCall);
  const events = Envelopes.safeParse(raw);
  if (!call.success || !events.success) throw failure('InvalidInput', 'this is no delivery of a relay');
  const principal: Principal = await verifier.verify(call.data.principal);
  const { kind, sub, tenantId } = principal;
  const own = events.data.every((event) => sub === service || sub === sourceOf(event));
  if (kind !== 'service' || !own)
    throw failure('TenantAccessDenied', 'events are delivered by the service they are of');
  if (parseOperationId(call.data.operationId)?.tenantId !== tenantId) {
    throw failure('TenantAccessDenied', 'the principal is not of the tenant of this delivery');
  }
  return { call: call.data, events: events.data, tenantId };
}
