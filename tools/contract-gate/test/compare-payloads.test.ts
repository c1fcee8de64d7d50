import { z } from 'zod';
import { refusals } from './planted.ts';
import type { Case } from './planted.ts';
import { PARTS } from './shop.ts';

const { sell, tour, getSeat, seatSold } = PARTS;

const REFUSED: readonly Case[] = [
  [
    'a new required field of an input',
    { sell: { input: sell.input.extend({ row: z.string() }) } },
    'shop.activities.sell input.row: is required now, and callers of the last release and histories may be without it; make it optional, or give the activity a new name: sell2',
  ],
  [
    'an optional field of an input that is required',
    { sell: { input: sell.input.required() } },
    'shop.activities.sell input.note: is required now',
  ],
  [
    'a field of an input that is gone',
    { sell: { input: sell.input.omit({ note: true }) } },
    'shop.activities.sell input.note: is gone, and callers of the last release and histories still say it; keep it, as an optional field',
  ],
  [
    'a value of an input that is gone',
    { sell: { input: sell.input.extend({ class: z.enum(['first']) }) } },
    'shop.activities.sell input.class: no longer may be "second"',
  ],
  [
    'a tighter limit of an input',
    { sell: { input: sell.input.extend({ seat: z.string().max(9) }) } },
    'shop.activities.sell input.seat: has maxLength 9, and had 10',
  ],
  [
    'a pattern that an input did not have',
    { sell: { input: sell.input.extend({ seat: z.string().max(10).regex(/^A/) }) } },
    'shop.activities.sell input.seat: has pattern "^A", and had none',
  ],
  [
    'another type of an input',
    { look: { input: z.strictObject({ seat: z.int() }) } },
    'shop.activities.look input.seat: has type integer, and had string',
  ],
  [
    'a check of code that an input did not have',
    { look: { input: z.strictObject({ seat: z.string() }).refine(() => true) } },
    'shop.activities.look input: has 1 check(s) of code, and had 0',
  ],
  [
    'an alternative of an input that is gone',
    {
      tour: {
        input: z.strictObject({
          to: z.discriminatedUnion('by', [z.strictObject({ by: z.literal('rail'), seat: z.string() })]),
        }),
      },
    },
    'shop.workflows.tour input.to: no longer may be by "sea"',
  ],
  [
    'a field of an alternative that is required',
    {
      tour: {
        input: z.strictObject({
          to: z.discriminatedUnion('by', [
            z.strictObject({ by: z.literal('rail'), seat: z.string(), row: z.string() }),
            tour.input.shape.to.options[1],
          ]),
        }),
      },
    },
    'shop.workflows.tour input.to.row: is required now',
  ],
  [
    'a signal that takes less',
    { tour: { signals: { boarded: z.strictObject({ gate: z.string().max(2) }) } } },
    'shop.workflows.tour signals.boarded.gate: has maxLength 2, and had none, and callers of the last release and histories have what was; give the signal a new name: boarded2',
  ],
  [
    'a default in an input that the ledger holds',
    { sell: { input: sell.input.extend({ seats: z.int().default(1) }) } },
    'shop.activities.sell input.seats: is filled or trimmed by the schema in another way',
  ],
  [
    'trimming of an input that the ledger holds',
    { sell: { input: sell.input.extend({ seat: z.string().trim().max(10) }) } },
    'shop.activities.sell input.seat: is filled or trimmed',
  ],

  [
    'a field of a result that is gone',
    { sell: { output: sell.output.omit({ seen: true }) } },
    'shop.activities.sell output.seen: is gone, and consumers of the last release look for it; give the activity a new name: sell2',
  ],
  [
    'a field of a result that became optional',
    { sell: { output: sell.output.extend({ ticket: z.string().optional() }) } },
    'shop.activities.sell output.ticket: may be left out now',
  ],
  [
    'a new required field of a result',
    { sell: { output: sell.output.extend({ row: z.string() }) } },
    'shop.activities.sell output.row: is required now, and histories and ledgers may be without it; make it optional',
  ],
  [
    'a new value of a result',
    { sell: { output: sell.output.extend({ state: z.enum(['sold', 'held', 'lost']) }) } },
    'shop.activities.sell output.state: may be "lost" now, which consumers of the last release do not know',
  ],
  [
    'a value of a result that histories still have',
    { sell: { output: sell.output.extend({ state: z.enum(['sold']) }) } },
    'shop.activities.sell output.state: no longer may be "held", which histories and ledgers have',
  ],
  [
    'a looser limit of a result',
    { sell: { output: sell.output.extend({ price: z.int() }) } },
    'shop.activities.sell output.price: has maximum 9007199254740991, and had 100',
  ],
  [
    'a detail of an error that is gone',
    { sell: { errors: { SoldOut: z.strictObject({}) } } },
    'shop.activities.sell errors.SoldOut.left: is gone',
  ],

  [
    'a new field of an answer whose readers are strict',
    { getSeat: { output: getSeat.output.extend({ row: z.string() }) } },
    'shop.reads.getSeat output.row: is new, and readers of the last release refuse what they do not know; release it as z.object before, which lets unknown fields be, or give the read a new name: getSeat2',
  ],
  [
    'a new value of an answer',
    { getSeat: { output: getSeat.output.extend({ state: z.enum(['free', 'sold', 'held']) }) } },
    'shop.reads.getSeat output.state: may be "held" now',
  ],
  [
    'a field of an answer that is gone',
    { getSeat: { output: getSeat.output.omit({ since: true }) } },
    'shop.reads.getSeat output.since: is gone',
  ],
  [
    'an answer of an upload that is gone',
    { sendPlan: { output: z.strictObject({}) } },
    'shop.uploads.sendPlan output.rows: is gone',
  ],

  [
    'a new field of an event whose receivers are strict',
    { seatSold: { payload: seatSold.payload.extend({ row: z.string().optional() }) } },
    'shop.events.seatSold payload.row: is new, and receivers of the last release refuse',
  ],
  [
    'a new value of an event',
    { seatSold: { payload: seatSold.payload.extend({ class: z.enum(['first', 'second', 'third']) }) } },
    'shop.events.seatSold payload.class: may be "third" now',
  ],
  [
    'a value of an event that outboxes still have',
    { seatSold: { payload: seatSold.payload.extend({ class: z.enum(['first']) }) } },
    'shop.events.seatSold payload.class: no longer may be "second", which outboxes and inboxes have',
  ],
  [
    'a new required field of an open event',
    { hallOpened: { payload: z.object({ hall: z.string(), rows: z.int() }) } },
    'shop.events.hallOpened payload.rows: is required now',
  ],
];

test.each(REFUSED)('refuses %s', (_name, planted, refusal) => {
  const refused = refusals(planted);
  expect(refused).toHaveLength(1);
  expect(refused[0]).toContain(refusal);
});
