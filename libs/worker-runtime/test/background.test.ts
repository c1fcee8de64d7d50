import { createLogger } from '@adx/telemetry';
import { runInBackground } from '../src/background.ts';

const log: Record<string, unknown>[] = [];
const write = (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>);
const logger = createLogger({ service: 'shop', level: 'info', destination: { write } });

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

test('runs every task until it is told to stop, and waits for their ends', async () => {
  const events: string[] = [];
  const task = (name: string) => ({
    name,
    run: async (signal: AbortSignal) => {
      events.push(`${name} runs`);
      await untilAborted(signal);
      await Promise.resolve();
      events.push(`${name} ended`);
    },
  });
  const stop = runInBackground([task('a'), task('b')], logger);
  expect(events).toEqual(['a runs', 'b runs']);
  await stop();
  expect(events).toEqual(['a runs', 'b runs', 'a ended', 'b ended']);
});

test('says that a task failed, and runs it again', async () => {
  const again = Promise.withResolvers<void>();
  let runs = 0;
  const run = (signal: AbortSignal) => {
    runs += 1;
    if (runs === 1) return Promise.reject(new Error('the database is away'));
    again.resolve();
    return untilAborted(signal);
  };
  const stop = runInBackground([{ name: 'fragile', run }], logger);
  await again.promise;
  await stop();
  expect(runs).toBe(2);
  expect(log).toContainEqual(
    expect.objectContaining({ task: 'fragile', msg: 'background task failed', againInMs: 1_000 }),
  );
});

test('does not wait for the next run of a failed task when it is told to stop', async () => {
  const failed = Promise.withResolvers<void>();
  const run = () => {
    failed.resolve();
    return Promise.reject(new Error('always'));
  };
  const stop = runInBackground([{ name: 'broken', run }], logger);
  await failed.promise;
  const began = Date.now();
  await stop();
  expect(Date.now() - began).toBeLessThan(500);
});
