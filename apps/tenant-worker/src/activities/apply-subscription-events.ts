import type { Outbox } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import type { EntityApplied, EntityBatch, EntityEvent, EntityOutcome, Principal } from '@adx/contract-kit';
import type { SubscriptionEvent } from '@adx/tenant-contract';
import type { z } from 'zod';
import type { TenantTx } from '../adapters/database.ts';
import {
  heldEvents,
  lockSubscription,
  saveSubscription,
  standingOf,
  takeEvents,
} from '../adapters/subscription-table.ts';
import { applyEvent } from '../domain/subscription.ts';
import { followSubscription } from './follow-subscription.ts';

/** What the handler of a batch has. */
interface Context {
  readonly tx: TenantTx;
  readonly tenantId: string;
  readonly principal: Principal;
  readonly outbox: Pick<Outbox, 'start'>;
}

/**
 * One drained batch: every event id and every number once, numbered ones in their order. What is no event of `schema`
 * is rejected by itself, and the others are applied.
 */
export async function applySubscriptionEvents(
  { at, events }: z.output<typeof EntityBatch>,
  schema: z.ZodType<SubscriptionEvent>,
  { tx, tenantId, principal, outbox }: Context,
): Promise<z.output<typeof EntityApplied>> {
  const locked = await lockSubscription(tx, tenantId);
  if (!locked) throw failure('NotFound', 'the tenant has no subscription');
  const checked = events.map((event) => ({ event, good: schema.safeParse(event).data }));
  const good = checked.flatMap((one) => (one.good ? [one.good] : []));
  const ended = locked.subscription.state === 'ended';
  const by = `${principal.kind}:${principal.sub}`;
  const taken = await takeEvents(tx, tenantId, firstOfEachId(good), { status: ended ? 'late' : 'held', by, at });

  let { subscription, nextSeq } = locked;
  const applied: string[] = [];
  let turnedBy = '';
  const apply = (event: SubscriptionEvent) => {
    const { state } = subscription;
    subscription = applyEvent(subscription, event, new Date(at));
    if (subscription.state !== state) turnedBy = event.eventId;
    applied.push(event.eventId);
  };
  const isOver = () => subscription.state === 'ended';
  /** Those whose turn it is, whether they came now or long ago. */
  async function applyNumbered(): Promise<void> {
    for (let page = await heldEvents(tx, tenantId, nextSeq); page[0]?.seq === nextSeq;) {
      for (const event of page) {
        if (event.seq !== nextSeq || isOver()) return;
        nextSeq += 1;
        apply(event);
      }
      page = await heldEvents(tx, tenantId, nextSeq);
    }
  }
  const mine = good.filter(({ eventId }) => taken.has(eventId));
  for (const event of ended ? [] : mine) {
    if (isOver()) break;
    if (event.seq === undefined) {
      if (!applied.includes(event.eventId)) apply(event);
    } else if (event.seq === nextSeq) await applyNumbered();
  }
  const late = isOver() ? mine.filter(({ eventId }) => !applied.includes(eventId)).map(({ eventId }) => eventId) : [];
  if (late.length > 0 && !ended) {
    await tx.subscriptionEvent.updateMany({ where: { tenantId, eventId: { in: late } }, data: { status: 'late' } });
  }
  const next = { subscription, nextSeq, applied: locked.applied + applied.length };
  await saveSubscription(tx, tenantId, next, at, applied);
  // Once for the batch: what one of its events began and another one ended is nobody's business.
  followSubscription(locked.subscription.state, subscription.state, `event/${turnedBy}`, outbox);
  return {
    standing: await standingOf(tx, tenantId, next),
    outcomes: outcomesOf(checked, taken, new Set(applied), new Set(late)),
  };
}

function firstOfEachId(events: readonly SubscriptionEvent[]): SubscriptionEvent[] {
  return [...new Map(events.toReversed().map((event) => [event.eventId, event])).values()].toReversed();
}

function outcomesOf(
  checked: readonly { readonly event: EntityEvent; readonly good: SubscriptionEvent | undefined }[],
  taken: ReadonlySet<string>,
  applied: ReadonlySet<string>,
  late: ReadonlySet<string>,
): EntityOutcome[] {
  const answered = new Set<string>();
  return checked.map(({ event: { eventId }, good }) => {
    if (!good) return { eventId, outcome: 'rejected', reason: 'InvalidInput' };
    if (!taken.has(eventId) || answered.has(eventId)) return { eventId, outcome: 'duplicate' };
    answered.add(eventId);
    if (applied.has(eventId)) return { eventId, outcome: 'applied' };
    return { eventId, outcome: late.has(eventId) ? 'late' : 'held' };
  });
}
