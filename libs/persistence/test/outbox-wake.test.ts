import { setTimeout as delay } from 'node:timers/promises';
import { createOutboxWake } from '../src/outbox/outbox-wake.ts';

/** A wake-up that ends when it is told to. */
function held() {
  const begun: { end: () => void }[] = [];
  const notify = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    begun.push({ end: resolve });
    return promise;
  };
  return { begun, notify };
}

async function until(reached: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!reached()) {
    if (Date.now() > end) throw new Error('it did not come to that');
    await delay(1);
  }
}

test('the first commit wakes at once', () => {
  const { begun, notify } = held();
  createOutboxWake(notify)();
  expect(begun).toHaveLength(1);
});

test('many commits at once wake twice, and the second time after the last of them', async () => {
  const { begun, notify } = held();
  const wake = createOutboxWake(notify, 5);
  for (let n = 0; n < 50; n += 1) wake();
  begun[0]!.end();
  for (let n = 0; n < 50; n += 1) wake();
  await until(() => begun.length === 2);
  begun[1]!.end();
  await delay(30);
  expect(begun).toHaveLength(2);
});

test('a commit during a wake-up is followed by another one', async () => {
  const { begun, notify } = held();
  const wake = createOutboxWake(notify, 5);
  wake();
  wake();
  begun[0]!.end();
  await until(() => begun.length === 2);
});

test('a wake-up that fails is followed by the next one', async () => {
  let wakes = 0;
  const wake = createOutboxWake(async () => {
    wakes += 1;
    throw new Error('no database');
  }, 1);
  wake();
  await delay(10);
  wake();
  await until(() => wakes === 2);
});
