import type { AppliedEvent, Inbox, InboxContext } from '@adx/activity-middleware';
import { sourceOf } from '@adx/contract-kit';
import type { EventEnvelope, Json } from '@adx/contract-kit';
import { ApplicationFailure } from '@temporalio/common';
import type { SqlValue, Statement } from './statement.ts';
import type { TenantTransactions } from './tenant-transaction.ts';

/** Then an event is dead: it waits for a person, and its aggregate with it. */
const MOST_ATTEMPTS = 10;
const LONGEST_REASON = 300;

type Handle<Tx> = (tx: Tx, event: EventEnvelope) => Promise<void>;

interface HeldRow {
  readonly seq: number;
  readonly event_id: string;
  readonly event: string;
  readonly payload: Json;
  readonly occurred_at: string;
  readonly discarded: boolean;
}

type Received = 'apply' | 'held' | 'duplicate' | 'dead';

/** The inbox over the kernel's SQL functions. */
export function createInbox<Tx>(transactions: TenantTransactions<Tx>): Inbox<Tx> {
  return {
    async receive(event, context, handle) {
      const first = await attempt(event, context, handle);
      const done: AppliedEvent[] = [first];
      if (first.outcome === 'failed') return done;
      // Also behind a duplicate: whoever applied it may have died before it looked for the next.
      for (;;) {
        const held = await transactions.alone(nextEvent(event, context));
        if (!held) return done;
        const next = await attempt(eventOf(held, event.aggregate), context, handle);
        done.push(next);
        if (next.outcome !== 'applied') return done;
      }
    },
  };

  /** One transaction for one event; a handler that fails rolls it back and is noted in another. */
  async function attempt(event: EventEnvelope, context: InboxContext, handle: Handle<Tx>): Promise<AppliedEvent> {
    let refused = false;
    try {
      const outcome = await transactions.framed(receiveEvent(event, context), async (tx, { verdict }, closeWith) => {
        if (verdict !== 'apply') return verdict;
        await handle(tx, event).catch((error: unknown) => {
          refused = true;
          throw error;
        });
        closeWith(eventApplied(event, context));
        return 'applied' as const;
      });
      return { event, outcome };
    } catch (error) {
      // The database's own troubles are not the event's fault: the whole delivery comes again, and nothing is counted.
      if (!refused || (error instanceof ApplicationFailure && error.type === 'DatabaseError')) throw error;
      const { dead } = await transactions.alone(eventFailed(event, context, error));
      return { event, outcome: dead ? 'dead' : 'failed', error };
    }
  }
}

function eventOf(row: HeldRow, aggregate: string): EventEnvelope {
  return {
    id: row.event_id,
    type: row.event,
    aggregate,
    seq: row.seq,
    occurredAt: row.occurred_at,
    payload: row.payload,
    ...(row.discarded ? { discarded: true } : {}),
  };
}

function receiveEvent(event: EventEnvelope, { tenantId }: InboxContext): Statement<{ readonly verdict: Received }> {
  return {
    name: 'adx_receive_event',
    text: 'select receive_event($1, $2, $3, $4, $5, $6, $7, $8, $9) as verdict',
    values: [tenantId, ...columnsOf(event)],
  };
}

function nextEvent(event: EventEnvelope, { tenantId }: InboxContext): Statement<HeldRow | undefined> {
  return {
    name: 'adx_next_event',
    text: `select seq::float8 as seq, event_id::text, event, payload,
      to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as occurred_at, discarded
      from next_event($1, $2, $3)`,
    values: [tenantId, sourceOf(event), event.aggregate],
  };
}

function eventApplied(event: EventEnvelope, { tenantId, executionKey, operationId }: InboxContext): Statement {
  const { id, type, aggregate, seq } = event;
  return {
    name: 'adx_event_applied',
    text: 'select event_applied($1, $2, $3, $4, $5, $6, $7, $8)',
    values: [tenantId, sourceOf(event), aggregate, seq, id, type, executionKey, operationId],
  };
}

function eventFailed(
  event: EventEnvelope,
  { tenantId, executionKey, operationId }: InboxContext,
  error: unknown,
): Statement<{ readonly dead: boolean }> {
  const final = error instanceof ApplicationFailure && error.nonRetryable;
  // A message may quote data: only failures of the kernel, which never do, are kept in full.
  const reason = error instanceof ApplicationFailure ? `${error.type}: ${error.message}` : nameOf(error);
  return {
    name: 'adx_event_failed',
    text: 'select event_failed($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) as dead',
    values: [
      ...[tenantId, ...columnsOf(event), executionKey, operationId],
      ...[String(final), MOST_ATTEMPTS, reason.slice(0, LONGEST_REASON)],
    ],
  };
}

/** In the order of the functions that take an event. */
function columnsOf(event: EventEnvelope): SqlValue[] {
  const { id, type, aggregate, seq, payload, occurredAt, discarded = false } = event;
  return [sourceOf(event), aggregate, seq, id, type, JSON.stringify(payload), occurredAt, String(discarded)];
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'UnexpectedError';
}
