import {
  ENTITY_EVENTS_SIGNAL,
  ENTITY_EVENTS_UPDATE,
  MOST_EVENTS_PER_BATCH,
  MOST_EVENTS_PER_DELIVERY,
  failure,
  isEntityEvent,
} from '@adx/contract-kit';
import type { Bound, Call, EntityEvent, EntityOutcome } from '@adx/contract-kit';
import { defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';

/** An event that waits for its turn. */
export interface Waiting {
  readonly event: EntityEvent;
  /** Of whoever sent it: the effect runs under the sender's principal. */
  readonly call: Call;
  /** Only of events whose sender waits. */
  readonly answer?: (outcome: EntityOutcome) => void;
  readonly refuse?: (error: unknown) => void;
}

/** Events that one activity applies: consecutive ones of one sender. */
export interface Batch<A extends Bound> {
  readonly activity: A;
  readonly call: Call;
  readonly events: readonly Waiting[];
  /** Nothing waited behind it: what does now has come since. */
  readonly last: boolean;
}

/** Events in the order in which they arrived. */
export interface Inbox<A extends Bound> {
  readonly size: number;
  take(): Batch<A> | undefined;
  /** From now on senders who wait are refused at once. */
  close(): void;
}

/**
 * Registers the signal and the Update that carry events.
 *
 * @param activityOf who applies an event
 * @param onMalformed how many events of a signal were none: they are dropped here and can hold up nothing
 */
export function openInbox<A extends Bound>(
  activityOf: (event: EntityEvent) => A,
  onMalformed: (count: number) => void,
): Inbox<A> {
  const queue: Waiting[] = [];
  let closed = false;

  setHandler(defineSignal<[unknown, unknown]>(ENTITY_EVENTS_SIGNAL), (events, call) => {
    const several = Array.isArray(events) ? (events as unknown[]) : [events];
    const good = isCall(call) ? several.filter(isEntityEvent) : [];
    if (good.length < several.length) onMalformed(several.length - good.length);
    queue.push(...good.map((event) => ({ event, call: call as Call })));
  });

  setHandler(
    defineUpdate<readonly EntityOutcome[], [readonly EntityEvent[], Call]>(ENTITY_EVENTS_UPDATE),
    (events, call) =>
      Promise.all(
        events.map(
          (event) =>
            new Promise<EntityOutcome>((answer, refuse) => {
              queue.push({ event, call, answer, refuse });
            }),
        ),
      ),
    { validator: refuseUnfit },
  );

  function refuseUnfit(events: unknown, call: unknown): void {
    if (closed) throw failure('EntityEnded', 'it has ended and takes no more events');
    if (!Array.isArray(events) || events.length === 0 || events.length > MOST_EVENTS_PER_DELIVERY) {
      throw failure('InvalidInput', `a delivery has 1 to ${MOST_EVENTS_PER_DELIVERY} events`);
    }
    const malformed = events.findIndex((event) => !isEntityEvent(event));
    if (malformed >= 0) throw failure('InvalidInput', `events.${malformed} is no event`);
    if (!isCall(call)) throw failure('InvalidInput', 'the second argument is no call');
  }

  return {
    get size() {
      return queue.length;
    },
    take() {
      const [first] = queue;
      if (!first) return undefined;
      const activity = activityOf(first.event);
      const fits = ({ event, call }: Waiting) =>
        call.principal === first.call.principal && activityOf(event).name === activity.name;
      const end = queue.slice(0, MOST_EVENTS_PER_BATCH).findIndex((one) => !fits(one));
      const events = queue.splice(0, end < 0 ? MOST_EVENTS_PER_BATCH : end);
      return { activity, call: first.call, events, last: queue.length === 0 };
    },
    close: () => void (closed = true),
  };
}

function isCall(call: unknown): call is Call {
  return typeof call === 'object' && call !== null && typeof (call as Partial<Call>).principal === 'string';
}
