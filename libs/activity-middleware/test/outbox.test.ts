import { collectOutbox } from '@adx/activity-middleware';
import { defineContract, defineEvent, defineWorkflow, parseOperationId } from '@adx/contract-kit';
import { z } from 'zod';

const TENANT = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';
const Book = z.strictObject({ title: z.string() });
const events = { bookSold: defineEvent({ to: ['billing', 'post'], payload: Book }) };
const { bookSold } = defineContract({ service: 'shop', taskQueue: 'shop', activities: {}, events }).events;
const foreign = defineContract({ service: 'other', taskQueue: 'other', activities: {}, events }).events.bookSold;
const workflows = {
  wrap: defineWorkflow({ pattern: 'standard', input: Book, output: Book, identity: 'request' }),
  keep: defineWorkflow({ pattern: 'standard', input: Book, output: Book, identity: ({ title }) => title }),
};
const { wrap, keep } = defineContract({ service: 'shop', taskQueue: 'shop', activities: {}, workflows }).workflows;
const collect = () => collectOutbox({ service: 'shop', tenantId: TENANT });

test('an event becomes one row for each receiver, all with its id', () => {
  const { outbox, rows } = collect();
  outbox.emit(bookSold, { title: 'Emma' }, { aggregate: 'book/1' });
  const row = { kind: 'event', aggregate: 'book/1', payload: { type: 'shop.bookSold', payload: { title: 'Emma' } } };
  expect(rows).toMatchObject([
    { ...row, target: 'service/billing' },
    { ...row, target: 'service/post' },
  ]);
  expect(new Set(rows.map(({ eventId }) => eventId)).size).toBe(1);
});

test('a start has an operation id of the tenant, the same for the same key, which its signals follow', () => {
  const [one, two] = [collect(), collect()];
  const id = one.outbox.start(wrap, { title: 'Emma' }, { key: 'a' });
  expect(parseOperationId(id)).toMatchObject({ tenantId: TENANT, workflowType: 'wrap' });
  expect(two.outbox.start(wrap, { title: 'Emma' }, { key: 'a' })).toBe(id);
  expect(two.outbox.start(wrap, { title: 'Emma' }, { key: 'b' })).not.toBe(id);
  one.outbox.signal(id, 'hurry', { by: 'noon' });
  expect(one.rows).toMatchObject([
    { kind: 'start', target: 'operations', aggregate: id, payload: { workflow: 'wrap', taskQueue: 'shop' } },
    { kind: 'signal', target: 'operations', aggregate: id, payload: { signal: 'hurry', input: { by: 'noon' } } },
  ]);
  expect(collect().outbox.start(keep, { title: 'Emma' }, { key: 'any' })).toBe(`${TENANT}:keep:Emma`);
});

test.each<[string, (outbox: ReturnType<typeof collect>['outbox']) => void, string]>([
  ['an event of another service', (o) => o.emit(foreign, { title: 'x' }, { aggregate: 'a' }), 'of another service'],
  [
    'a payload that is not declared, without its values',
    (o) => o.emit(bookSold, { title: 7 } as never, { aggregate: 'a' }),
    'title (invalid_type)',
  ],
  ['an event about nothing', (o) => o.emit(bookSold, { title: 'x' }, { aggregate: '' }), 'an aggregate has'],
  ['a long payload', (o) => o.emit(bookSold, { title: 'x'.repeat(70_000) }, { aggregate: 'a' }), 'send an id'],
  [
    'a signal to an operation of another tenant',
    (o) => o.signal('9f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10:wrap:a', 'hurry', null),
    'its own tenant',
  ],
])('refuses %s', (_name, put, reason) => {
  const { outbox, rows } = collect();
  expect(() => put(outbox)).toThrow(reason);
  expect(rows).toEqual([]);
});
