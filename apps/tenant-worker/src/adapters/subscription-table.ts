import type { EntityEvent, EntityStanding } from '@adx/contract-kit';
import type { SubscriptionEvent } from '@adx/tenant-contract';
import type { Subscription as Row } from '../../generated/prisma/client.ts';
import type { Subscription } from '../domain/subscription.ts';
import type { TenantTx } from './database.ts';

/** How many held events one statement fetches. */
const HELD_PAGE = 500;

/** A subscription, locked until the transaction ends, with what is kept beside its rules. */
export interface LockedSubscription {
  readonly subscription: Subscription;
  readonly nextSeq: number;
  readonly applied: number;
}

/** One batch at a time: whoever comes second sees what the first has written. Undefined when there is none. */
export async function lockSubscription(tx: TenantTx, tenantId: string): Promise<LockedSubscription | undefined> {
  await tx.$queryRaw`select tenant_id::text from subscription where tenant_id = ${tenantId}::uuid for update`;
  const row = await tx.subscription.findUnique({ where: { tenantId } });
  return row ? { subscription: subscriptionOf(row), nextSeq: row.nextSeq, applied: row.applied } : undefined;
}

/** As the domain sees it. */
export function subscriptionOf(row: Row): Subscription {
  const { state, plan, dueAt, failedPayments, usageUnits, cancelAtDue, endedBecause } = row;
  return {
    state: state as Subscription['state'],
    plan,
    dueAt,
    failedPayments,
    usageUnits: Number(usageUnits),
    cancelAtDue,
    endedBecause: endedBecause as Subscription['endedBecause'],
  };
}

/** As the entity's process sees it. */
export async function standingOf(
  tx: TenantTx,
  tenantId: string,
  { subscription: { state, dueAt }, applied }: LockedSubscription,
): Promise<EntityStanding> {
  const held = await tx.subscriptionEvent.count({ where: { tenantId, status: 'held' } });
  return { state, dueAt: dueAt?.toISOString() ?? null, ended: state === 'ended', applied, held };
}

/** Takes the events that nobody has taken yet, all as held or late; @returns the ids of those. */
export async function takeEvents(
  tx: TenantTx,
  tenantId: string,
  events: readonly EntityEvent[],
  taken: { readonly status: 'held' | 'late'; readonly by: string; readonly at: string },
): Promise<ReadonlySet<string>> {
  const rows = (await tx.$queryRaw`
    insert into subscription_event (tenant_id, event_id, seq, type, data, status, reported_by, received_at)
      select ${tenantId}::uuid, event_id, seq, type, data, ${taken.status}, ${taken.by}, ${taken.at}::timestamptz
        from jsonb_to_recordset(${JSON.stringify(
          events.map(({ eventId, seq, type, data }) => ({ event_id: eventId, seq: seq ?? null, type, data })),
        )}::jsonb) as event (event_id text, seq integer, type text, data jsonb)
      on conflict do nothing returning event_id`) as readonly { readonly event_id: string }[];
  return new Set(rows.map(({ event_id }) => event_id));
}

/** Held events with a number, in its order, from one number on. */
export async function heldEvents(tx: TenantTx, tenantId: string, fromSeq: number): Promise<SubscriptionEvent[]> {
  const rows = await tx.subscriptionEvent.findMany({
    where: { tenantId, status: 'held', seq: { gte: fromSeq } },
    orderBy: { seq: 'asc' },
    take: HELD_PAGE,
  });
  // Checked when they were taken.
  return rows.map(({ eventId, seq, type, data }) => ({ eventId, seq, type, data }) as SubscriptionEvent);
}

/** Writes where the subscription is now, and which events brought it there, in their order. */
export async function saveSubscription(
  tx: TenantTx,
  tenantId: string,
  { subscription, nextSeq, applied }: LockedSubscription,
  at: string,
  eventIds: readonly string[] = [],
): Promise<void> {
  await tx.subscription.update({
    where: { tenantId },
    data: { ...subscription, usageUnits: BigInt(subscription.usageUnits), nextSeq, applied, changedAt: new Date(at) },
  });
  if (eventIds.length === 0) return;
  const first = applied - eventIds.length;
  await tx.$queryRaw`
    with moved as (
      update subscription_event as e set status = 'applied', place = ${first}::integer + o.place
        from unnest(${[...eventIds]}::text[]) with ordinality as o (event_id, place)
        where e.tenant_id = ${tenantId}::uuid and e.event_id = o.event_id
        returning 1
    ) select count(*)::int from moved`;
}
