import {
  implementContract,
  temporalMeter,
  withPrincipal,
  withTelemetry,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import type { Meter, OnAlert } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import { createLogger } from '@adx/telemetry';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { attemptLabel } from '../src/outcome.ts';
import { createFakeLedger } from './fake-ledger.ts';
import type { FakeTx } from './fake-ledger.ts';
import { callOf, runAttempt, usualHandlers, verifier } from './shop.ts';
import { shopContract } from './shop.contract.ts';

type Run = (typeof usualHandlers)['reserve']['run'];
const item = { item: 'book' };

/** The shop with its own telemetry; `run` is what `reserve` does. */
function openShop({ run, ...options }: { run?: Run; meter?: Meter; onAlert?: OnAlert } = {}) {
  const log: Record<string, unknown>[] = [];
  const measured: { histogram: string; milliseconds: number; labels: object }[] = [];
  const write = (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>);
  const meter: Meter = {
    record: (histogram, milliseconds, labels) => void measured.push({ histogram, milliseconds, labels }),
  };
  const activities = implementContract(shopContract)
    .use(withTelemetry({ meter, ...options }))
    .use(withValidation())
    .use(withPrincipal())
    .use(withTransaction<FakeTx>())
    .handlers(run ? { ...usualHandlers, reserve: { ...usualHandlers.reserve, run } } : usualHandlers)
    .bind({
      logger: createLogger({ service: 'shop', level: 'info', destination: { write } }),
      verifier,
      ledger: createFakeLedger(),
    });
  const attempt = (type: string, number = 1, call = callOf(type), input: unknown = type.includes('.') ? null : item) =>
    runAttempt(activities[type]!, input, call, number);
  return { log, measured, activities, attempt };
}

describe('the log', () => {
  test('has the beginning and the end of an attempt, with its place, its outcome and how long it took', async () => {
    const shop = openShop();
    const call = callOf('ship~2');
    await shop.attempt('ship', 3, call);
    const place = { activity: 'ship', mode: 'forward', operationId: call.operationId, step: 'ship~2', attempt: 3 };
    expect(shop.log).toEqual([
      expect.objectContaining({ ...place, msg: 'attempt began' }),
      expect.objectContaining({
        ...place,
        msg: 'attempt ended',
        outcome: 'succeeded',
        durationMs: expect.any(Number),
      }),
    ]);
    expect(JSON.stringify(shop.log)).not.toMatch(/book|principal of/);
  });

  test('names the type of what went wrong, and nothing of what was said', async () => {
    const shop = openShop({ run: async () => Promise.reject(new TypeError('no such thing as a canary')) });
    await expect(shop.attempt('reserve')).rejects.toThrow();
    expect(shop.log[1]).toMatchObject({ outcome: 'failed', errorType: 'UnexpectedError' });
    expect(JSON.stringify(shop.log)).not.toContain('canary');
  });
});

describe('the histogram of durations', () => {
  test('tells forward from undo, and has the label of the attempt', async () => {
    const shop = openShop();
    await shop.attempt('reserve', 1);
    await shop.attempt('reserve.undo', 12);
    expect(shop.measured).toEqual([
      {
        histogram: 'activity_duration_ms',
        milliseconds: expect.any(Number),
        labels: { activity_type: 'reserve', outcome: 'succeeded', attempt: '1' },
      },
      {
        histogram: 'activity_duration_ms',
        milliseconds: expect.any(Number),
        labels: { activity_type: 'reserve.undo', outcome: 'succeeded', attempt: '10+' },
      },
    ]);
  });

  const outcomes: [string, Run][] = [
    ['declared', async ({ fail }) => Promise.reject(fail.SoldOut({ item: 'book' }))],
    ['refused', async () => Promise.reject(failure('UpstreamBusy', 'full', { retryAfterMs: 1 }))],
    ['failed', async () => Promise.reject(failure('DatabaseError', 'gone'))],
    ['failed', async () => Promise.reject(new TypeError('a bug'))],
    ['rejected', async () => Promise.reject(failure('NotFound', 'no such seat'))],
    ['cancelled', async () => Promise.reject(new CancelledFailure('on request'))],
  ];
  test.each(outcomes)('has the outcome "%s"', async (outcome, run) => {
    const shop = openShop({ run });
    await expect(shop.attempt('reserve')).rejects.toThrow();
    expect(shop.measured).toMatchObject([{ labels: { outcome } }]);
    expect(shop.log[1]).toMatchObject({ outcome });
  });

  test('has four labels for all attempts there are', () => {
    const labels = Array.from({ length: 1_000 }, (_, index) => attemptLabel(index + 1));
    expect([...new Set(labels)]).toEqual(['1', '2', '3-9', '10+']);
  });

  test('goes to the meter of the activity, where nobody asks for another one', async () => {
    const recorded: unknown[] = [];
    const metricMeter = {
      createHistogram: (name: string, _type: string, unit: string) => ({
        record: (value: number, tags: object) => recorded.push({ name, unit, value, tags }),
      }),
    } as unknown as NonNullable<ConstructorParameters<typeof MockActivityEnvironment>[1]>['metricMeter'] & object;
    const { activities } = openShop({ meter: temporalMeter });
    const environment = new MockActivityEnvironment(
      { startToCloseTimeoutMs: 5_000 },
      { metricMeter: { ...metricMeter, withTags: () => metricMeter } },
    );
    await environment.run(activities['ship']!, item, callOf('ship'));
    expect(recorded).toMatchObject([{ name: 'activity_duration_ms', unit: 'ms', tags: { activity_type: 'ship' } }]);
  });

  test('outside of an activity records nothing', () => {
    expect(() => temporalMeter.record('activity_duration_ms', 1, {})).not.toThrow();
  });
});

describe('an alert', () => {
  test.each([
    [1, 0],
    [9, 0],
    [10, 1],
    [11, 0],
    [20, 1],
  ])('at attempt %d is raised %d time(s), by default as a warning', async (attempt, times) => {
    const shop = openShop();
    await shop.attempt('ship', attempt);
    expect(shop.log.filter(({ msg, level }) => msg === 'step keeps failing' && level === 40)).toHaveLength(times);
  });

  test('says which step of which operation, and nothing of its input', async () => {
    const alerts: unknown[] = [];
    const shop = openShop({ onAlert: (alert) => void alerts.push(alert) });
    const call = callOf('ship~2');
    await shop.attempt('ship', 10, call);
    const { operationId } = call;
    expect(alerts).toEqual([
      { service: 'shop', activity: 'ship', mode: 'forward', operationId, step: 'ship~2', attempt: 10 },
    ]);
  });
});

const broken = () => {
  throw new Error('nobody is there');
};
test.each([
  ['a meter that throws', { meter: { record: broken } }],
  ['an alert that throws', { onAlert: broken }],
  ['an alert that fails later', { onAlert: () => Promise.reject(new Error('nobody is there')) }],
  ['an alert that never ends', { onAlert: () => new Promise<void>(() => undefined) }],
])('%s does not break the attempt', async (name, options) => {
  const shop = openShop(options);
  expect(await shop.attempt('ship', 10)).toEqual({ sale: 'ship' });
  expect(shop.log.some(({ msg }) => msg === 'the alert about this step could not be sent')).toBe(
    name.includes('throws') ? 'onAlert' in options : name.includes('later'),
  );
});
