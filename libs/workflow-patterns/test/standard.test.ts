import { declaredError, failure } from '@adx/contract-kit';
import { startTemporal } from '@adx/local-parts';
import { standard } from '@adx/workflow-patterns';
import { broken, openShop, refused } from './shop/shop-harness.ts';
import type { Sale, Shop } from './shop/shop-harness.ts';
import { bankContract, shopContract } from './shop/shop.contract.ts';

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

const wrap = () => shop.start('gift', { workflowType: 'wrap' });
const outOfLabels = () => {
  throw declaredError('shop', 'OutOfLabels', { until: 'monday' });
};
const fenced = () => ({ outcome: 'fenced' });
const done = () => ({ outcome: 'done', output: { parcel: 'P7' } });

/** How many events of each kind the history has. */
async function events({ handle }: Sale): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const event of (await handle.fetchHistory()).events ?? []) {
    const kind = Object.keys(event)
      .find((key) => key.endsWith('EventAttributes'))!
      .replace('EventAttributes', '');
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

describe('a standard process that gets through', () => {
  test('is one workflow task and one local activity, and says so when it is asked', async () => {
    const process = await wrap();
    expect(await process.ending()).toEqual({ result: { parcel: 'P1' } });
    expect(await events(process)).toEqual({
      workflowExecutionStarted: 1,
      workflowTaskScheduled: 1,
      workflowTaskStarted: 1,
      workflowTaskCompleted: 1,
      markerRecorded: 1,
      // The final status, for those who look for it on the server: no task and no round trip of its own.
      upsertWorkflowSearchAttributes: 1,
      workflowExecutionCompleted: 1,
    });
    expect(shop.attempts).toEqual(['label']);
    expect(await process.statusAttribute()).toBe('completed');
    const { status, cancellable, steps } = await process.state();
    expect({ status, cancellable }).toEqual({ status: 'completed', cancellable: false });
    expect(steps).toMatchObject([{ name: 'label', service: 'shop', status: 'done', endedAt: expect.any(String) }]);
  });

  test('gives its attempts the ledger key of the operation', async () => {
    const process = await wrap();
    await process.ending();
    const { firstExecutionRunId } = process.handle as unknown as { firstExecutionRunId: string };
    expect(shop.calls).toMatchObject([
      {
        step: 'label',
        executionKey: `${process.handle.workflowId}/${firstExecutionRunId}`,
        operationId: process.handle.workflowId,
        principal: 'the customer',
      },
    ]);
  });

  test('goes on as an ordinary activity when its local attempt fails, within the bounds of its contract', async () => {
    let attempts = 0;
    shop.script('label', () => (++attempts < 3 ? broken() : { parcel: 'P3' }));
    const process = await wrap();
    expect(await process.ending()).toEqual({ result: { parcel: 'P3' } });
    expect(attempts).toBe(3);
    expect(await events(process)).toMatchObject({ markerRecorded: 1, activityTaskScheduled: 1 });
  });

  test('waits for a refusal, which costs no attempt', async () => {
    let attempts = 0;
    shop.script('label', () => {
      if (++attempts > 4) return { parcel: 'P5' };
      throw failure('RateLimited', 'scripted', { retryAfterMs: 1, details: [{ attempt: 1, retryAfterMs: 1 }] });
    });
    expect(await (await wrap()).ending()).toEqual({ result: { parcel: 'P5' } });
    expect(attempts).toBe(5);
  });
});

describe('a standard process whose effect fails', () => {
  test('keeps the type and the details of a declared error, and costs no second workflow task', async () => {
    shop.script('label', outOfLabels);
    shop.script('label.settle', fenced);
    const process = await wrap();
    expect(await process.ending()).toMatchObject({
      type: 'StandardFailed',
      rootType: 'shop.OutOfLabels',
      state: {
        status: 'failed',
        error: { type: 'shop.OutOfLabels', message: 'shop.OutOfLabels', details: { until: 'monday' } },
        steps: [{ name: 'label', status: 'failed' }],
      },
    });
    expect(shop.attempts).toEqual(['label', 'label.settle']);
    expect(await events(process)).toMatchObject({ workflowTaskCompleted: 1, markerRecorded: 2 });
    expect(await process.statusAttribute()).toBe('failed');
  });

  test('fails when its attempts are used up and its ledger says that nothing happened', async () => {
    shop.script('label', broken);
    shop.script('label.settle', fenced);
    const process = await wrap();
    expect(await process.ending()).toMatchObject({
      type: 'StandardFailed',
      state: { status: 'failed', cancellable: false, error: { type: 'UnexpectedError' } },
    });
    expect(shop.attempts).toEqual(['label', 'label', 'label', 'label.settle']);
  });

  test('completes when its attempts are used up and its ledger says that it was done', async () => {
    shop.script('label', broken);
    shop.script('label.settle', done);
    const process = await wrap();
    expect(await process.ending()).toEqual({ result: { parcel: 'P7' } });
    const { status, steps, error } = await process.state();
    expect([status, steps[0]?.status, error]).toEqual(['completed', 'done', undefined]);
  });

  test('says that it does not know when the ledger cannot be asked', async () => {
    shop.script('label', broken);
    shop.script('label.settle', refused('InvalidInput'));
    const process = await wrap();
    expect(await process.ending()).toMatchObject({
      type: 'StandardUnsettled',
      state: {
        status: 'failed',
        error: { type: 'StandardUnsettled' },
        steps: [{ status: 'failed', error: { type: 'UnexpectedError' } }],
      },
    });
  });
});

describe('a cancellation', () => {
  /** Cancelled while an ordinary attempt is under way that does not come back. */
  const cancelled = async () => {
    const gate = Promise.withResolvers<{ parcel: string }>();
    let attempts = 0;
    shop.script('label', () => (++attempts === 1 ? broken() : gate.promise));
    const process = await wrap();
    await process.until(() => attempts > 1);
    await process.handle.cancel();
    const ending = await process.ending();
    gate.resolve({ parcel: 'too late' });
    return { process, ending };
  };

  test('before the effect ends it as cancelled', async () => {
    shop.script('label.settle', fenced);
    const { process, ending } = await cancelled();
    expect(ending).toMatchObject({ type: 'CancelledFailure' });
    const { status, error, cancellable } = await process.state();
    expect([status, error?.type, cancellable]).toEqual(['cancelled', 'Cancelled', false]);
    expect(await process.statusAttribute()).toBe('cancelled');
  });

  test('after the effect comes too late: what happened is never called cancelled', async () => {
    shop.script('label.settle', done);
    const { process, ending } = await cancelled();
    expect(ending).toEqual({ result: { parcel: 'P7' } });
    expect((await process.state()).status).toBe('completed');
    expect(await process.statusAttribute()).toBe('completed');
  });

  test('of a process whose ledger cannot be asked ends it as unsettled, not as cancelled', async () => {
    shop.script('label.settle', refused('InvalidInput'));
    const { ending } = await cancelled();
    expect(ending).toMatchObject({ type: 'StandardUnsettled', state: { status: 'failed' } });
  });
});

describe('misuse', () => {
  test('of the name of the export fails the workflow task, not the process', async () => {
    const process = await shop.start('gift', { workflowType: 'misnamedWrap' });
    expect(await process.bug()).toContain('export it by its name');
    expect(shop.attempts).toEqual([]);
  });

  test("of another service's activity fails at definition", () => {
    const foreign = { ...shopContract.activities.label, ...bankContract, name: 'label' as const };
    expect(() => standard(shopContract.workflows.wrap, foreign)).toThrow(/a process over services is a saga/);
  });
});
