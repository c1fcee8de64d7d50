import {
  defineActivity,
  defineContract,
  defineEvent,
  defineRead,
  defineUpload,
  defineWorkflow,
} from '@adx/contract-kit';
import { z } from 'zod';

/** One of everything, each part to be planted anew by a test. */
export const PARTS = {
  bounds: { attempt: '5s', attempts: 3 },
  sell: {
    kind: 'compensatable',
    effect: 'database',
    roles: ['owner', 'clerk'],
    input: z.strictObject({
      seat: z.string().max(10),
      class: z.enum(['first', 'second']),
      note: z.string().optional(),
    }),
    output: z.strictObject({
      ticket: z.string(),
      price: z.int().max(100),
      state: z.enum(['sold', 'held']),
      seen: z.string().optional(),
    }),
    errors: { SoldOut: z.strictObject({ left: z.int() }) },
  },
  look: { kind: 'readonly', roles: ['owner'], input: z.strictObject({ seat: z.string() }), output: z.strictObject({}) },
  tour: {
    pattern: 'saga',
    identity: 'request',
    input: z.strictObject({
      to: z.discriminatedUnion('by', [
        z.strictObject({ by: z.literal('rail'), seat: z.string() }),
        z.strictObject({ by: z.literal('sea'), cabin: z.string() }),
      ]),
    }),
    output: z.strictObject({ ticket: z.string() }),
    signals: { boarded: z.strictObject({ gate: z.string() }) },
  },
  getSeat: {
    input: z.strictObject({ seat: z.string() }),
    output: z.strictObject({ seat: z.string(), state: z.enum(['free', 'sold']), since: z.string().optional() }),
    errors: { SeatUnknown: z.strictObject({}) },
  },
  getHall: { input: z.strictObject({}), output: z.object({ rows: z.int() }) },
  seatSold: {
    to: ['billing', 'mail'],
    payload: z.strictObject({ seat: z.string(), class: z.enum(['first', 'second']) }),
  },
  hallOpened: { to: ['billing'], payload: z.object({ hall: z.string() }) },
  sendPlan: {
    roles: ['owner'],
    mediaTypes: ['text/csv', 'text/plain'],
    input: z.strictObject({}),
    output: z.strictObject({ rows: z.int() }),
  },
  taskQueue: 'shop',
} as const;

/** What a test plants: some part of a part. */
export type Planted = { readonly [P in keyof typeof PARTS]?: object | string | undefined };

/** A shop with other parts; a part that is `undefined` is gone. Casts: what is planted is wrong in all ways. */
export function shopContract(planted: Planted = {}) {
  const part = (name: keyof typeof PARTS): never =>
    ({ ...(PARTS[name] as object), ...(planted[name] as object) }) as never;
  const activity = (name: 'sell' | 'look') =>
    defineActivity({ bounds: part('bounds'), ...(part(name) as object) } as never);
  const all = {
    activities: { sell: activity('sell'), look: activity('look') },
    workflows: { tour: defineWorkflow(part('tour')) },
    reads: { getSeat: defineRead(part('getSeat')), getHall: defineRead(part('getHall')) },
    events: { seatSold: defineEvent(part('seatSold')), hallOpened: defineEvent(part('hallOpened')) },
    uploads: { sendPlan: defineUpload(part('sendPlan')) },
  };
  const kept = Object.fromEntries(
    Object.entries(all).map(([group, entries]) => [
      group,
      Object.fromEntries(
        Object.entries(entries).filter(([name]) => !(name in planted) || planted[name as keyof Planted]),
      ),
    ]),
  ) as typeof all;
  return defineContract({
    service: 'shop',
    taskQueue: (planted.taskQueue as string) ?? PARTS.taskQueue,
    ...kept,
  } as never);
}
