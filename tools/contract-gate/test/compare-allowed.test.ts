import { z } from 'zod';
import { refusals } from './planted.ts';
import { PARTS } from './shop.ts';
import type { Planted } from './shop.ts';

const { sell, tour, getSeat } = PARTS;

const ALLOWED: readonly (readonly [name: string, planted: Planted])[] = [
  ['other bounds', { bounds: { attempt: '1m', attempts: 99 } }],
  ['a role more', { sell: { roles: ['owner', 'clerk', 'guest'] } }],
  ['an error more', { sell: { errors: { ...sell.errors, Closed: z.strictObject({}) } } }],
  ['a signal more', { tour: { signals: { ...tour.signals, left: z.strictObject({}) } } }],
  ['a receiver more', { seatSold: { to: ['billing', 'mail', 'audit'] } }],
  ['an optional field of an input', { sell: { input: sell.input.extend({ row: z.string().optional() }) } }],
  [
    'a default in an input that no ledger holds',
    { look: { input: z.strictObject({ seat: z.string(), row: z.int().default(1) }) } },
  ],
  [
    'a field of an input that became optional',
    { sell: { input: sell.input.extend({ seat: z.string().max(10).optional() }) } },
  ],
  ['a value more of an input', { sell: { input: sell.input.extend({ class: z.enum(['first', 'second', 'third']) }) } }],
  ['a looser limit of an input', { sell: { input: sell.input.extend({ seat: z.string() }) } }],
  ['null, besides what an input took', { look: { input: z.strictObject({ seat: z.string().nullable() }) } }],
  ['an optional field of a result', { sell: { output: sell.output.extend({ row: z.string().optional() }) } }],
  ['a new field of an open answer', { getHall: { output: z.object({ rows: z.int(), seats: z.int() }) } }],
  ['an answer with fewer values', { getSeat: { output: getSeat.output.extend({ state: z.enum(['free']) }) } }],
  ['a field of an answer that is always there', { getSeat: { output: getSeat.output.required() } }],
  [
    'an optional field of an open event',
    { hallOpened: { payload: z.object({ hall: z.string(), rows: z.int().optional() }) } },
  ],
  ['another brand', { look: { input: z.strictObject({ seat: z.string().brand<'Seat'>() }) } }],
];

test.each(ALLOWED)('allows %s', (_name, planted) => {
  expect(refusals(planted)).toEqual([]);
});

test('compares schemas that contain themselves', () => {
  const json = { look: { input: z.strictObject({ seat: z.string(), data: z.json() }) } };
  const text = { look: { input: z.strictObject({ seat: z.string(), data: z.string() }) } };
  expect(refusals(json, json)).toEqual([]);
  expect(refusals(json, text)).toEqual([]);
  expect(refusals(text, json).join()).toContain('shop.activities.look input.data: no longer may be');
});
