import { failure } from '@adx/contract-kit';
import type { Json } from '@adx/contract-kit';
import { startTemporal } from '@adx/local-parts';
import { activityInfo } from '@temporalio/activity';
import { broken, openShop } from './shop/shop-harness.ts';
import type { Shop } from './shop/shop-harness.ts';

let temporal: Awaited<ReturnType<typeof startTemporal>>;
let shop: Shop;
beforeAll(async () => {
  temporal = await startTemporal({ binary: process.env['ADX_TEST_TEMPORAL_CLI']!, preciseTimers: true });
  shop = await openShop(temporal.address);
});
afterAll(async () => {
  await shop.close();
  await temporal.stop();
});
beforeEach(() => shop.reset());

/** As the middleware refuses. */
function refuse(type: 'RateLimited' | 'CircuitBreakerOpen' | 'UpstreamBusy' = 'RateLimited', retryAfterMs = 20): never {
  const { attempt } = activityInfo();
  throw failure(type, 'scripted', { retryAfterMs, details: [{ attempt, retryAfterMs }] });
}

/** One letter per attempt: R is refused, F fails; what comes after the last one succeeds. */
function scripted(letters: string): () => Json {
  const left = [...letters];
  return () => {
    const letter = left.shift();
    if (letter === 'R') refuse();
    if (letter === 'F') broken();
    return { item: 'book' };
  };
}

const attemptsOf = (activity: string) => shop.attempts.filter((attempt) => attempt === activity).length;

describe('a refusal costs no attempt of a step that has three', () => {
  test.each(['charge', 'reserve'])('%s that is refused again and again gets through in the end', async (activity) => {
    shop.script(activity, scripted('RRRRRR'));
    const sale = await shop.start('plain');
    expect(await sale.ending()).toEqual({ result: { parcel: 'P1' } });
    expect(attemptsOf(activity)).toBe(7);
  });

  test.each([
    ['charge', 'FRFR', 5],
    ['reserve', 'RFRRFR', 7],
    ['charge', 'RFFR', 5],
  ])('%s succeeds at its third real attempt: %s', async (activity, letters, attempts) => {
    shop.script(activity, scripted(letters));
    const sale = await shop.start('plain');
    expect(await sale.ending()).toEqual({ result: { parcel: 'P1' } });
    expect(attemptsOf(activity)).toBe(attempts);
  });

  test.each([
    ['charge', 'FRFRFFFF', 5],
    ['charge', 'RRFFFFFF', 5],
    ['reserve', 'FRRFRFFF', 6],
    ['reserve', 'RFFFFFFF', 4],
  ])('%s fails at its third real attempt, no later: %s', async (activity, letters, attempts) => {
    shop.script(activity, scripted(letters));
    const sale = await shop.start('plain');
    expect(await sale.ending()).toMatchObject({ type: 'SagaCompensated', rootType: 'UnexpectedError' });
    expect(attemptsOf(activity)).toBe(attempts);
  });

  test.each(['CircuitBreakerOpen', 'UpstreamBusy'] as const)('%s is waited for in the same way', async (type) => {
    let refusals = 5;
    shop.script('charge', () => (refusals-- > 0 ? refuse(type) : { item: 'book' }));
    const sale = await shop.start('plain');
    expect(await sale.ending()).toEqual({ result: { parcel: 'P1' } });
    expect(attemptsOf('charge')).toBe(6);
  });

  test('a refusal that somebody else wrote, without details, is waited for, too', async () => {
    let refused = false;
    shop.script('charge', () => {
      if (refused) return { item: 'book' };
      refused = true;
      throw failure('RateLimited', 'scripted', { retryAfterMs: 5 });
    });
    const sale = await shop.start('plain');
    expect(await sale.ending()).toEqual({ result: { parcel: 'P1' } });
  });
});

describe('the wait for a refusal', () => {
  test('ends when the saga is cancelled', async () => {
    shop.script('charge', () => refuse('RateLimited', 3_600_000));
    const sale = await shop.start('plain');
    await sale.until(() => attemptsOf('charge') === 1);
    await sale.handle.cancel();
    expect(await sale.ending()).toEqual({ type: 'CancelledFailure' });
    expect(shop.attempts.slice(-2)).toEqual(['charge.undo', 'reserve.undo']);
  });

  test('ends with the deadline of the saga', async () => {
    shop.script('charge', () => refuse('RateLimited', 3_600_000));
    // 15 minutes x 0.002
    const sale = await shop.start('plain', { scale: 0.002 });
    expect(await sale.ending()).toMatchObject({ type: 'SagaTimedOut' });
    expect(shop.attempts.slice(-2)).toEqual(['charge.undo', 'reserve.undo']);
  });

  test('is not begun by a pivot when it would end after its patience: then the ledger is asked', async () => {
    shop.script('ship', () => refuse('RateLimited', 86_400_000));
    shop.script('ship.settle', () => ({ outcome: 'fenced' }));
    const sale = await shop.start('plain');
    expect(await sale.ending()).toMatchObject({ type: 'SagaCompensated', rootType: 'RateLimited' });
    expect(attemptsOf('ship')).toBe(1);
  });
});

test('every remote activity names its tenant to the queue, so that none of them starves the others', async () => {
  const sale = await shop.start('plain');
  await sale.ending();
  const { events } = await sale.handle.fetchHistory();
  const scheduled = events?.flatMap(({ activityTaskScheduledEventAttributes: one }) => (one ? [one] : [])) ?? [];
  expect(scheduled.map(({ activityType }) => activityType?.name)).toContain('charge');
  for (const { priority } of scheduled) expect(priority?.fairnessKey).toBe('3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10');
});
