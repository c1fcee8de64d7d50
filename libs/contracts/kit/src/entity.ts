import { z } from 'zod';

/** Carries events to an entity that runs; nobody waits for what becomes of them. Arguments: the events and the call. */
export const ENTITY_EVENTS_SIGNAL = 'entityEvents';
/** Carries events to an entity and is answered once they are applied. Arguments: the events and the call. */
export const ENTITY_EVENTS_UPDATE = 'applyEntityEvents';

/** Events that one delivery, and one request, may carry. */
export const MOST_EVENTS_PER_DELIVERY = 100;
/** Events that one activity applies: two full deliveries. */
export const MOST_EVENTS_PER_BATCH = 200;
/** Of one event as JSON: a full batch then stays an order of magnitude below what a payload may be. */
export const LARGEST_EVENT = 1_024;

const EVENT_ID = /^[A-Za-z0-9_.:-]{1,128}$/;
const EVENT_TYPE = /^[a-z][A-Za-z0-9]{0,63}$/;
const EventId = z.string().regex(EVENT_ID, '1 to 128 of A-Z a-z 0-9 _ . : -');

/**
 * Something that happened to an entity. `eventId` is its sender's name for it: the same id is the same event, however
 * often it arrives. Events with a `seq` (1, 2, 3, ... per entity) are applied in that order and held back until it is
 * their turn; those without one as they arrive. What is in `data` is the owner's to check.
 */
export const EntityEvent = z.strictObject({
  eventId: EventId,
  type: z.string().regex(EVENT_TYPE, 'a camelCase name'),
  seq: z.int().positive().optional(),
  data: z.json(),
});
export type EntityEvent = z.output<typeof EntityEvent>;

const EVENT_KEYS = ['eventId', 'type', 'seq', 'data'];

/**
 * Whether a value is an {@link EntityEvent} of at most {@link LARGEST_EVENT}: the same as the schema says, without it,
 * as workflow code has no schemas. What comes by signal was checked by nobody who can refuse it.
 */
export function isEntityEvent(value: unknown): value is EntityEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { eventId, type, seq, data } = value as Partial<Record<string, unknown>>;
  return (
    typeof eventId === 'string' &&
    EVENT_ID.test(eventId) &&
    typeof type === 'string' &&
    EVENT_TYPE.test(type) &&
    (seq === undefined || (Number.isSafeInteger(seq) && (seq as number) > 0)) &&
    data !== undefined &&
    Object.keys(value).every((key) => EVENT_KEYS.includes(key)) &&
    JSON.stringify(value).length <= LARGEST_EVENT
  );
}

/** Why an entity has ended: an event or a due time of its own, silence, its age, or a cancellation. */
export const ENTITY_REASONS = ['event', 'due', 'idle', 'deadline', 'cancelled'] as const;
export type EntityReason = (typeof ENTITY_REASONS)[number];

/** Where the owner's database says that the entity is. */
export const EntityStanding = z.strictObject({
  state: z.string().max(64),
  /** The next time at which something happens without an event. */
  dueAt: z.iso.datetime().nullable(),
  /** Nothing is applied any more. */
  ended: z.boolean(),
  /** Events applied so far, and events that wait for one before them. */
  applied: z.int().nonnegative(),
  held: z.int().nonnegative(),
});
export type EntityStanding = z.output<typeof EntityStanding>;

/**
 * What became of one event:
 * - `applied`;
 * - `duplicate`: it was taken before, under the same id or the same `seq`; also by an attempt whose reply was lost;
 * - `held`: it is stored, and applied once those before it are there;
 * - `late`: the entity had ended; it is stored, and changes nothing;
 * - `rejected`: the owner does not take it, now or ever; it is not stored.
 */
export const ENTITY_OUTCOMES = ['applied', 'duplicate', 'held', 'late', 'rejected'] as const;
export const EntityOutcome = z.strictObject({
  eventId: EventId,
  outcome: z.enum(ENTITY_OUTCOMES),
  /** A failure type; of rejected ones only. */
  reason: z.string().optional(),
});
export type EntityOutcome = z.output<typeof EntityOutcome>;

/** Input of the activity that applies a drained batch. `at` is the entity's time: domain code asks no clock. */
export const EntityBatch = z.strictObject({
  at: z.iso.datetime(),
  events: z.array(EntityEvent).min(1).max(MOST_EVENTS_PER_BATCH),
});
/** Its output: one outcome per event, in their order. */
export const EntityApplied = z.strictObject({
  standing: EntityStanding,
  outcomes: z.array(EntityOutcome),
});

/** Input of the activity that is told of a time: one that was due, or one after which the entity ends. */
export const EntityAlarm = z.strictObject({
  at: z.iso.datetime(),
  reason: z.enum(ENTITY_REASONS).exclude(['event']),
});

/** How many events an entity has seen, by what became of them; `held` is how many wait now. */
export const EntityCounts = z.strictObject({
  applied: z.int(),
  duplicate: z.int(),
  held: z.int(),
  late: z.int(),
  rejected: z.int(),
});
export type EntityCounts = z.output<typeof EntityCounts>;

/** The result of every entity. */
export const EntityEnding = z.strictObject({
  state: z.string(),
  reason: z.enum(ENTITY_REASONS),
  events: EntityCounts,
});
export type EntityEnding = z.output<typeof EntityEnding>;

/** What an entity shows of itself in its operation's state. */
export interface EntityProgress {
  readonly state: string;
  readonly dueAt?: string;
  readonly events: EntityCounts;
  readonly reason?: EntityReason;
}
