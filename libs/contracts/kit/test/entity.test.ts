import fc from 'fast-check';
import { EntityEvent, LARGEST_EVENT, isEntityEvent } from '../src/index.ts';

const good = { eventId: 'invoice-1', type: 'paymentSucceeded', data: { reference: 'r' } };

/** Workflow code has no schemas: what it lets through, the activity's schema must not refuse, or a batch would fail. */
test('the guard of workflow code and the schema of activities agree, whatever comes', () => {
  const near = fc.record(
    {
      eventId: fc.oneof(fc.constant('e1'), fc.string(), fc.integer()),
      type: fc.oneof(fc.constant('visited'), fc.string(), fc.constant(null)),
      seq: fc.oneof(fc.integer({ min: -2, max: 5 }), fc.double(), fc.string()),
      data: fc.jsonValue({ maxDepth: 2 }),
      more: fc.constant(1),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(near, fc.jsonValue()), (value) => {
      const wire: unknown = JSON.parse(JSON.stringify(value));
      if (isEntityEvent(wire)) expect(EntityEvent.safeParse(wire).success).toBe(true);
    }),
    { numRuns: 2_000 },
  );
  for (const value of [good, { ...good, seq: 1 }, { ...good, data: null }]) {
    expect([isEntityEvent(value), EntityEvent.safeParse(value).success]).toEqual([true, true]);
  }
});

test('an event has a size at most', () => {
  const fill = LARGEST_EVENT - JSON.stringify({ ...good, data: '' }).length;
  expect(isEntityEvent({ ...good, data: 'x'.repeat(fill) })).toBe(true);
  expect(isEntityEvent({ ...good, data: 'x'.repeat(fill + 1) })).toBe(false);
});
