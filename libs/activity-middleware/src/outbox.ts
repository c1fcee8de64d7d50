import { createHash, randomUUID } from 'node:crypto';
import { eventType, formatOperationId } from '@adx/contract-kit';
import type { AnyWorkflowDefinition, Bound, EventDefinition, Json, WorkflowDefinition } from '@adx/contract-kit';
import type { z } from 'zod';

/** The events of a contract. */
export type EventsOf<C> = C extends { readonly events: infer E } ? E[keyof E] : never;

/** Who is to be told or started once the effect has committed; nothing leaves before, and nothing is lost after. */
export interface Outbox<E = EventDefinition & Bound> {
  /**
   * Tells the receivers of an event.
   *
   * @param options.aggregate what the event is about, for example `user/<id>`: events of one aggregate arrive in order
   */
  emit<D extends E>(
    event: D,
    payload: D extends { readonly payload: infer P extends z.ZodType } ? z.input<P> : never,
    options: { readonly aggregate: string },
  ): void;
  /**
   * Starts a workflow, once for each key, in the name of this service.
   *
   * @returns its operation id
   */
  start<W extends AnyWorkflowDefinition & Bound>(
    workflow: W,
    input: z.input<W['input']>,
    options: { readonly key: string },
  ): string;
  /** Signals a running operation of this tenant. What is sent to one operation arrives in order, its start included. */
  signal(operationId: string, signal: string, input: Json): void;
}

/** A row of the outbox, as `finish_step` takes it. */
export interface OutboxRow {
  readonly eventId: string;
  readonly kind: 'start' | 'signal' | 'event';
  /** `service/<receiver>` of an event, `operations` otherwise. Order holds per target and aggregate. */
  readonly target: string;
  readonly aggregate: string;
  readonly payload: Json;
}

/** An outbox that only collects: the ledger writes what is in it together with the effect. */
export interface OutboxCollector {
  readonly outbox: Outbox;
  readonly rows: readonly OutboxRow[];
}

const OPERATIONS = 'operations';
/** Longest JSON of one row. Whoever has more to say sends an id, and the receiver asks. */
const LARGEST_PAYLOAD = 64 * 1024;
const LONGEST_AGGREGATE = 200;

/** One per attempt: an attempt that fails takes with it what it collected. */
export function collectOutbox({
  service,
  tenantId,
}: {
  readonly service: string;
  readonly tenantId: string;
}): OutboxCollector {
  const rows: OutboxRow[] = [];
  const add = (row: OutboxRow) => {
    if (row.aggregate === '' || row.aggregate.length > LONGEST_AGGREGATE) {
      throw new RangeError(`an aggregate has 1 to ${LONGEST_AGGREGATE} characters`);
    }
    if (JSON.stringify(row.payload).length > LARGEST_PAYLOAD) {
      throw new RangeError(
        `an outbox row of ${service} is longer than ${LARGEST_PAYLOAD} characters; send an id instead`,
      );
    }
    rows.push(row);
  };
  return {
    rows,
    outbox: {
      emit(event, payload: unknown, { aggregate }) {
        if (event.service !== service) {
          throw new TypeError(`${eventType(event)} is an event of another service; ${service} may emit its own only`);
        }
        const parsed = event.payload.safeParse(payload);
        if (!parsed.success) {
          const faults = parsed.error.issues.map(({ path, code }) => `${path.join('.') || 'payload'} (${code})`);
          throw new TypeError(`${eventType(event)} was emitted with what it does not declare: ${faults.join(', ')}`);
        }
        const eventId = randomUUID();
        for (const receiver of event.to) {
          add({
            eventId,
            kind: 'event',
            target: `service/${receiver}`,
            aggregate,
            payload: { type: eventType(event), payload: parsed.data },
          });
        }
      },
      start(workflow, raw, { key }) {
        const input: Json = workflow.input.parse(raw);
        const { identity } = workflow as unknown as WorkflowDefinition;
        const businessKey = identity === 'request' ? undefined : identity(input);
        const operationId = formatOperationId({
          tenantId,
          workflowType: workflow.name,
          key: businessKey ?? keyOf(service, key),
        });
        add({
          eventId: randomUUID(),
          kind: 'start',
          target: OPERATIONS,
          aggregate: operationId,
          payload: {
            workflow: workflow.name,
            taskQueue: workflow.taskQueue,
            operationId,
            input,
            ...(businessKey === undefined ? {} : { businessKey }),
          },
        });
        return operationId;
      },
      signal(operationId, signal, input) {
        if (!operationId.startsWith(`${tenantId}:`))
          throw new TypeError('a signal goes to operations of its own tenant');
        add({
          eventId: randomUUID(),
          kind: 'signal',
          target: OPERATIONS,
          aggregate: operationId,
          payload: { operationId, signal, input },
        });
      },
    },
  };
}

/** Hashed, so that what is in a key does not show in workflow ids. 192 bits are enough. */
function keyOf(service: string, key: string): string {
  return createHash('sha256').update(`${service}\n${key}`).digest('base64url').slice(0, 32);
}
