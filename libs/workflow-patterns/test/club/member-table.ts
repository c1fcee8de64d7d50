import type { EntityApplied, EntityBatch, EntityOutcome, EntityStanding } from '@adx/contract-kit';
import type { z } from 'zod';

type Event = z.output<typeof EntityBatch>['events'][number];

/** What the owner's database would hold of one membership; the rules that every owner must keep. */
export interface MemberTable {
  /** Event ids in the order in which they were applied. */
  readonly applied: string[];
  open(at: string, dueAfterMs: number | null): EntityStanding;
  apply(at: string, events: readonly Event[]): z.output<typeof EntityApplied>;
  alarm(at: string, reason: string): EntityStanding;
}

/** `ended` is what an event of the type `left` does; each event sets the due time anew. */
export function createMemberTable(): MemberTable {
  const applied: string[] = [];
  const seen = new Set<string>();
  const held = new Map<number, Event>();
  let next = 1;
  let state = 'member';
  let ended = false;
  let dueAt: string | null = null;
  let dueAfter: number | null = null;
  const later = (at: string) => (dueAfter === null ? null : new Date(Date.parse(at) + dueAfter).toISOString());
  const standing = (): EntityStanding => ({
    state,
    dueAt,
    ended,
    applied: applied.length,
    held: held.size,
  });

  function effect(event: Event, at: string): void {
    applied.push(event.eventId);
    dueAt = later(at);
    if (event.type === 'left') [state, ended, dueAt] = ['gone', true, null];
  }

  return {
    applied,
    open(at, dueAfterMs) {
      dueAfter = dueAfterMs;
      dueAt ??= later(at);
      return standing();
    },
    apply(at, events) {
      const outcomes = events.map((event): EntityOutcome => {
        const { eventId, seq } = event;
        if (event.data === 'malformed') return { eventId, outcome: 'rejected', reason: 'InvalidInput' };
        if (seen.has(eventId)) return { eventId, outcome: 'duplicate' };
        seen.add(eventId);
        if (ended) return { eventId, outcome: 'late' };
        if (seq === undefined) effect(event, at);
        else held.set(seq, event);
        for (let one = held.get(next); one && !ended; one = held.get(next)) {
          held.delete(next);
          next += 1;
          effect(one, at);
        }
        return { eventId, outcome: seq !== undefined && held.has(seq) ? 'held' : 'applied' };
      });
      return { standing: standing(), outcomes };
    },
    alarm(at, reason) {
      if (reason === 'due' && at === dueAt) [state, dueAt] = ['overdue', null];
      if (reason !== 'due') [state, ended, dueAt] = ['gone', true, null];
      return standing();
    },
  };
}
