import {
  implementContract,
  withHeartbeat,
  withPrincipal,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import type { Heartbeat } from '@adx/activity-middleware';
import type { Json } from '@adx/contract-kit';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createFakeLedger } from './fake-ledger.ts';
import type { FakeTx } from './fake-ledger.ts';
import { callOf, usualHandlers, verifier } from './shop.ts';
import { shopContract } from './shop.contract.ts';

/** An attempt of `ship` whose handler does this. */
function attemptOf(info: object, work: (heartbeat: Heartbeat) => Promise<unknown>) {
  const chain = implementContract(shopContract)
    .use(withValidation())
    .use(withPrincipal())
    .use(withHeartbeat())
    .use(withTransaction<FakeTx>());
  const ship = chain.activity('ship', { run: (context) => work(context).then(() => ({ sale: '1' })) });
  // The usual handlers are of another chain and use nothing of it.
  const handlers = { ...usualHandlers, ship } as unknown as Parameters<typeof chain.handlers>[0];
  const activities = chain.handlers(handlers).bind({ verifier, ledger: createFakeLedger() });
  const environment = new MockActivityEnvironment({ attempt: 1, startToCloseTimeoutMs: 60_000, ...info });
  const beats: Json[] = [];
  const waiting: { readonly count: number; readonly go: () => void }[] = [];
  environment.on('heartbeat', (details: Json) => {
    beats.push(details);
    for (const { count, go } of waiting) if (beats.length >= count) go();
  });
  return {
    beats,
    cancel: () => environment.cancel(),
    beaten: (count: number) => new Promise<void>((go) => waiting.push({ count, go })),
    run: () => environment.run(activities['ship']!, { item: 'book' }, callOf('ship')),
  };
}

test('an attempt tells that it lives while its handler works, and no longer', async () => {
  const attempt = attemptOf({ heartbeatTimeoutMs: 30 }, () => attempt.beaten(3));
  await attempt.run();
  const told = attempt.beats.length;
  expect(told).toBeGreaterThanOrEqual(3);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(attempt.beats).toHaveLength(told);
});

test('each heartbeat repeats how far the handler is, and the first ones how far the attempt before was', async () => {
  const seen: unknown[] = [];
  const attempt = attemptOf({ heartbeatTimeoutMs: 30, heartbeatDetails: { row: 7 } }, async (context) => {
    seen.push(context.lastHeartbeat);
    await attempt.beaten(1);
    context.heartbeat({ row: 8 });
    await attempt.beaten(attempt.beats.length + 2);
  });
  await attempt.run();
  expect(seen).toEqual([{ row: 7 }]);
  expect(attempt.beats[0]).toEqual({ row: 7 });
  expect(attempt.beats.at(-1)).toEqual({ row: 8 });
});

test('a cancellation reaches the handler as a signal', async () => {
  const attempt = attemptOf({ heartbeatTimeoutMs: 30 }, async ({ signal }) => {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    attempt.cancel();
    await aborted;
    signal.throwIfAborted();
  });
  await expect(attempt.run()).rejects.toMatchObject({ name: 'CancelledFailure' });
});

test('without a heartbeat in its contract an attempt is silent, whatever the handler tells', async () => {
  const attempt = attemptOf({ heartbeatTimeoutMs: 0 }, async ({ heartbeat }) => heartbeat(1));
  await attempt.run();
  expect(attempt.beats).toEqual([]);
});
