import type {
  Call,
  EntityApplied,
  EntityBatch,
  EntityReason,
  EntityStanding,
  ActivityDefinition,
  EntityAlarm,
  Bound,
  Duration,
  EntityEvent,
} from '@adx/contract-kit';
import { ENTITY_EVENTS_SIGNAL } from '@adx/contract-kit';
import { allHandlersFinished, condition, log, sleep, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import { now } from '../operation.ts';
import { createAlarmClock } from './alarm-clock.ts';
import type { Alarm } from './alarm-clock.ts';
import type { Carried, EntityProgress } from './entity-progress.ts';
import { openInbox } from './inbox.ts';
import type { Batch } from './inbox.ts';

/** A run ends here and the next one goes on: replay costs 0.3 to 0.45 ms per event of the history. */
const MOST_HISTORY_EVENTS = 400;
const MOST_EVENTS_PER_RUN = 1_000;
/** When more came while a batch was applied, this long more may come: a burst then takes few batches. */
const GATHER_MS = 250;

export type Applies = ActivityDefinition<'retriable', typeof EntityBatch, typeof EntityApplied> & Bound;
export type Rings = ActivityDefinition<'retriable', typeof EntityAlarm, typeof EntityStanding> & Bound;

/** What the life of an entity is made of. */
export interface LifeParts {
  /**
   * Who applies an event: in one transaction per batch, each event id once, numbered ones in their order. It runs under
   * the sender's principal, so that activities of other access are how some may send what others may not.
   */
  readonly apply: (event: EntityEvent) => Applies;
  /** Is told when `dueAt` has come, and of every end but those by an event. */
  readonly alarm: Rings;
  /** Ends it after this much silence. */
  readonly idle?: Duration;
  /** Ends it this long after its beginning. */
  readonly deadline?: Duration;
}

/** One run of an entity, from its beginning to its end or to the next run. */
export interface Life {
  /** Takes over where the owner's database says that the entity is. */
  stand(standing: EntityStanding, at: string): void;
  /** @returns once it has ended, or is to go on as a new run; nothing waits then, and nobody */
  live(): Promise<'ended' | 'full'>;
  /** The next run begins with it. */
  carry(): Carried;
  /** Refuses everything from now on, and what waits, too. */
  close(error?: unknown): Promise<void>;
}

/** Registers the handlers of events and sets the clocks. */
export function beginLife(
  progress: EntityProgress,
  parts: LifeParts,
  call: Call,
  carried: Carried | undefined,
  cancelled: () => boolean,
): Life {
  const { counts, scale } = progress;
  const clock = createAlarmClock();
  const inbox = openInbox(parts.apply, (count) => {
    counts.rejected += count;
    progress.show();
    log.warn('events of a signal were none', { count, signal: ENTITY_EVENTS_SIGNAL });
  });
  const from = (start: number, wait: Duration | undefined) =>
    wait === undefined ? undefined : start + scale.interval(wait);
  const deadlineAt = carried ? carried.deadlineAt : from(Date.now(), parts.deadline);
  let idleAt = carried ? carried.idleAt : from(Date.now(), parts.idle);
  let dueAt = carried?.dueAt;
  let taken = 0;

  return { stand, live, carry, close };

  function stand(standing: EntityStanding, at: string): void {
    const moved = standing.dueAt !== progress.standing.dueAt;
    progress.standing = standing;
    // The owner's count, as a reply that was lost was not counted here.
    Object.assign(counts, { applied: standing.applied, held: standing.held });
    if (standing.dueAt === null) dueAt = undefined;
    else if (moved) {
      // Scaled like every other bound, from the entity's own time on.
      const wait = Date.parse(standing.dueAt) - Date.parse(at);
      dueAt = Date.now() + (wait > 0 ? scale.interval(`${wait}ms`) : 0);
    }
    progress.show();
  }

  async function apply(batch: Batch<Applies>): Promise<void> {
    const at = now();
    taken += batch.events.length;
    idleAt = from(Date.now(), parts.idle);
    const input = { at, events: batch.events.map(({ event }) => event) };
    const done = await progress
      .take(batch.activity, input, { call: batch.call, sender: true })
      .catch((error: unknown) => {
        for (const { refuse } of batch.events) refuse?.(error);
        throw error;
      });
    if ('output' in done) {
      const { standing, outcomes } = done.output as z.output<typeof EntityApplied>;
      for (const { outcome } of outcomes) counts[outcome] += 1;
      stand(standing, at);
      batch.events.forEach(({ answer }, index) => answer?.(outcomes[index]!));
    } else {
      counts.rejected += batch.events.length;
      progress.show();
      const { reason } = done;
      for (const { event, answer } of batch.events) answer?.({ eventId: event.eventId, outcome: 'rejected', reason });
    }
  }

  async function ring(reason: Exclude<EntityReason, 'event'>): Promise<void> {
    const { standing } = progress;
    // The time for which it was set, not the moment at which the timer fired: domain code compares and adds.
    const at = reason === 'due' ? standing.dueAt! : now();
    const done = await progress.take(parts.alarm, { at, reason }, { call, sender: false });
    // Skipped by a person: the time has passed all the same.
    const next = 'output' in done ? (done.output as EntityStanding) : { ...standing, dueAt: null };
    if (reason === 'due' && next.dueAt === at && !next.ended) {
      throw new Error(`${parts.alarm.name} left dueAt at ${at}: it would ring for ever; set the next time, or null`);
    }
    stand(next, at);
    if (reason !== 'due' || next.ended) progress.reason = reason;
  }

  function alarms(): Alarm[] {
    const times = [
      ['due', dueAt],
      ['idle', idleAt],
      ['deadline', deadlineAt],
    ] as const;
    return times.flatMap(([reason, at]) => (at === undefined ? [] : [{ reason, at }]));
  }

  async function live(): Promise<'ended' | 'full'> {
    for (;;) {
      const isFull = taken >= MOST_EVENTS_PER_RUN || workflowInfo().historyLength >= MOST_HISTORY_EVENTS;
      const batch = inbox.take();
      if (batch) {
        await apply(batch);
        if (progress.standing.ended) progress.reason ??= 'event';
        const burst = batch.last && inbox.size > 0;
        if (burst && !isFull && progress.reason === undefined) await sleep(GATHER_MS);
        continue;
      }
      if (progress.reason || (isFull && !cancelled())) {
        // Senders who wait have their answers before the run ends; what came meanwhile is applied, too.
        if (!allHandlersFinished()) await condition(() => allHandlersFinished() || inbox.size > 0);
        if (inbox.size > 0) continue;
        return progress.reason ? 'ended' : 'full';
      }
      const alarm = clock.rung(alarms());
      if (cancelled()) await ring('cancelled');
      else if (alarm) await ring(alarm.reason);
      else await clock.wait(alarms(), () => inbox.size > 0 || cancelled());
    }
  }

  function carry(): Carried {
    return {
      standing: progress.standing,
      counts: { ...counts },
      steps: progress.steps(),
      ...(dueAt === undefined ? {} : { dueAt }),
      ...(idleAt === undefined ? {} : { idleAt }),
      ...(deadlineAt === undefined ? {} : { deadlineAt }),
    };
  }

  async function close(error?: unknown): Promise<void> {
    inbox.close();
    for (let batch = inbox.take(); batch; batch = inbox.take()) batch.events.forEach(({ refuse }) => refuse?.(error));
    await condition(allHandlersFinished);
  }
}
