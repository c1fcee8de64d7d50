import type { BreakerPermit, BreakerStore } from '@adx/activity-middleware';
import { createBreaker } from '../src/index.ts';
import { logged } from './fixture.ts';

const LIMITS = { threshold: 5, openMs: 60_000, probeMs: 35_000, cacheMs: 1_000 };

/** A store whose answers are set by the test, and a clock that it moves. */
function breakerOver(first: BreakerPermit) {
  const asked: string[] = [];
  const next = { permit: first, report: { opened: false, failures: 0 } };
  const store: BreakerStore = {
    permit: async () => {
      asked.push('permit');
      return next.permit;
    },
    report: async (_service, outcome, { probe }) => {
      asked.push(`${outcome}${probe ? ` of ${probe}` : ''}`);
      return next.report;
    },
  };
  const clock = { now: 0 };
  const { logger, lines } = logged();
  const breaker = createBreaker({ store, logger, limits: LIMITS, now: () => clock.now });
  return { breaker, asked, next, clock, lines };
}

const closed: BreakerPermit = { verdict: 'closed', failures: 0 };
const typeOf = (attempt: Promise<unknown>) => attempt.catch((error: { type?: string }) => error.type);

test('a healthy service costs one statement in a second, whatever the number of calls', async () => {
  const { breaker, asked, clock } = breakerOver(closed);
  for (clock.now = 0; clock.now < 999; clock.now += 10) await (await breaker.admit('carrier'))('ok');
  expect(asked).toEqual(['permit']);
  clock.now = 1_000;
  await breaker.admit('carrier');
  expect(asked).toEqual(['permit', 'permit']);
});

test('a success is told only when there was a failure to forget, and a cancellation never', async () => {
  const { breaker, asked, next } = breakerOver({ verdict: 'closed', failures: 2 });
  const report = await breaker.admit('carrier');
  await report('unknown');
  next.report = { opened: false, failures: 0 };
  await report('ok');
  await report('ok');
  expect(asked).toEqual(['permit', 'ok']);
});

test('every failure is told, and the one that opens it is known at once', async () => {
  const { breaker, asked, next, lines } = breakerOver(closed);
  const report = await breaker.admit('carrier');
  next.report = { opened: true, failures: 5 };
  await report('failed');
  expect(await typeOf(breaker.admit('carrier'))).toBe('CircuitBreakerOpen');
  expect(asked).toEqual(['permit', 'failed']);
  expect(lines.join()).toContain('breaker is open');
});

test('an open breaker delays the work by what is left of it, and is asked again after a second at most', async () => {
  const { breaker, asked, clock } = breakerOver({ verdict: 'open', waitMs: 40_000 });
  const refused = (await breaker.admit('carrier').catch((error: unknown) => error)) as { nextRetryDelay: number };
  expect(refused).toMatchObject({ type: 'CircuitBreakerOpen', nonRetryable: false, category: 'BENIGN' });
  expect(refused.nextRetryDelay).toBeGreaterThanOrEqual(40_000);
  expect(refused.nextRetryDelay).toBeLessThanOrEqual(44_001);
  await typeOf(breaker.admit('carrier'));
  expect(asked).toHaveLength(1);
  clock.now = 1_000;
  await typeOf(breaker.admit('carrier'));
  expect(asked).toHaveLength(2);
});

test('one that is nearly over is asked again when it is over', async () => {
  const { breaker, asked, clock, next } = breakerOver({ verdict: 'open', waitMs: 300 });
  await typeOf(breaker.admit('carrier'));
  clock.now = 300;
  next.permit = { verdict: 'probe', probe: 'p1' };
  await (
    await breaker.admit('carrier')
  )('ok');
  expect(asked).toEqual(['permit', 'permit', 'ok of p1']);
});

test('a probe is never remembered: the next call asks for itself', async () => {
  const { breaker, asked, next } = breakerOver({ verdict: 'probe', probe: 'p1' });
  const report = await breaker.admit('carrier');
  next.permit = { verdict: 'open', waitMs: 5_000 };
  expect(await typeOf(breaker.admit('carrier'))).toBe('CircuitBreakerOpen');
  await report('unknown');
  expect(asked).toEqual(['permit', 'permit', 'unknown of p1']);
  next.permit = { verdict: 'probe', probe: 'p2' };
  await breaker.admit('carrier');
  expect(asked).toHaveLength(4);
});

test('services have breakers of their own', async () => {
  const { breaker, next } = breakerOver(closed);
  await breaker.admit('carrier');
  next.permit = { verdict: 'open', waitMs: 1_000 };
  expect(await typeOf(breaker.admit('erp'))).toBe('CircuitBreakerOpen');
  await breaker.admit('carrier');
});

test('a cache that outlives an open breaker is refused: it would pass by the half-open one', () => {
  const { logger } = logged();
  const store = {} as BreakerStore;
  expect(() => createBreaker({ store, logger, limits: { ...LIMITS, cacheMs: 60_000 } })).toThrow(RangeError);
});
