import type { SubscriptionEvent } from '@adx/tenant-contract';
import { applyEvent, beginTrial, end, passDueTime } from '../../src/domain/subscription.ts';
import type { Subscription } from '../../src/domain/subscription.ts';

const DAY_MS = 86_400_000;
const BEGAN = new Date('2026-01-01T00:00:00.000Z');
const day = (count: number) => new Date(BEGAN.getTime() + count * DAY_MS);

const paid: SubscriptionEvent = { eventId: 'p', type: 'paymentSucceeded', data: { reference: 'r' } };
const failed: SubscriptionEvent = { eventId: 'f', type: 'paymentFailed', data: { reference: 'r' } };
const cancelled: SubscriptionEvent = { eventId: 'c', type: 'cancellationRequested', data: {} };

const trial = beginTrial('free', BEGAN);
const active = applyEvent(trial, paid, day(10));
const pastDue = passDueTime(active, day(40));
const suspended = passDueTime(pastDue, day(54));

test('a trial lasts two weeks, a paid period thirty days, grace two weeks, a suspension ninety days', () => {
  const seen = [trial, active, pastDue, suspended, passDueTime(suspended, day(144))];
  expect(seen.map(({ state, dueAt }) => [state, dueAt])).toEqual([
    ['trial', day(14)],
    ['active', day(40)],
    ['past-due', day(54)],
    ['suspended', day(144)],
    ['ended', null],
  ]);
  expect(passDueTime(trial, day(14))).toMatchObject({ state: 'past-due', dueAt: day(28) });
});

test('who pays early loses no day, who pays late begins anew', () => {
  expect(applyEvent(active, paid, day(20)).dueAt).toEqual(day(70));
  expect(applyEvent(pastDue, paid, day(45))).toMatchObject({ state: 'active', dueAt: day(75) });
  expect(applyEvent(suspended, paid, day(60))).toMatchObject({ state: 'active', failedPayments: 0, dueAt: day(90) });
});

test('the third failed payment in a row suspends, and grace is not renewed by a second one', () => {
  const after = (count: number, from: Subscription) =>
    Array.from({ length: count }).reduce<Subscription>((now, _, n) => applyEvent(now, failed, day(20 + n)), from);
  expect(after(1, active)).toMatchObject({ state: 'past-due', dueAt: day(34) });
  expect(after(2, active)).toMatchObject({ state: 'past-due', dueAt: day(34) });
  expect(after(3, active)).toMatchObject({ state: 'suspended', dueAt: day(112) });
  expect(after(4, active)).toMatchObject({ state: 'suspended', dueAt: day(112), failedPayments: 4 });
  expect(after(2, applyEvent(after(2, active), paid, day(23)))).toMatchObject({ state: 'past-due' });
});

test('a cancellation ends a paid subscription when it is due, any other at once', () => {
  const ending = applyEvent(active, cancelled, day(20));
  expect(ending).toMatchObject({ state: 'active', cancelAtDue: true, dueAt: day(40) });
  expect(passDueTime(ending, day(40))).toMatchObject({ state: 'ended', endedBecause: 'due' });
  for (const other of [trial, pastDue, suspended]) {
    expect(applyEvent(other, cancelled, day(60))).toMatchObject({ state: 'ended', endedBecause: 'event', dueAt: null });
  }
});

test('usage adds up and a plan is changed, whatever the state', () => {
  const used = { eventId: 'u', type: 'usageReported', data: { units: 7 } } as const;
  const planned = { eventId: 'n', type: 'planChanged', data: { plan: 'team' } } as const;
  for (const one of [trial, active, pastDue, suspended]) {
    const next = applyEvent(applyEvent(applyEvent(one, used, day(1)), used, day(1)), planned, day(1));
    expect(next).toEqual({ ...one, usageUnits: 14, plan: 'team' });
  }
});

test('what has ended says why', () => {
  expect(end(active, 'cancelled')).toMatchObject({ state: 'ended', endedBecause: 'cancelled', dueAt: null });
});
