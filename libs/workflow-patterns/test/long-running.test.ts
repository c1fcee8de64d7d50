import { failure } from '@adx/contract-kit';
import type { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { openDepot, until } from './depot/depot-harness.ts';
import type { Depot } from './depot/depot-harness.ts';

let depot: Depot;
beforeAll(async () => {
  depot = await openDepot();
});
afterAll(() => depot.close());
beforeEach(() => depot.reset());

const batches = () => depot.steps.filter((step) => step.startsWith('moveBatch'));
/** Holds a batch until released; says when it has begun. */
function holdBatch(which: string) {
  const began = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  depot.script('moveBatch', async (_input, { step }) => {
    if (step !== which) return undefined as never;
    began.resolve();
    await released.promise;
    return undefined as never;
  });
  return { began: began.promise, release: () => released.resolve() };
}

test('takes batch after batch by its cursor and ends completed', async () => {
  const move = await depot.move(25);
  expect(await move.handle.result()).toEqual({ processed: 25, failed: 0 });
  expect(batches()).toEqual(['moveBatch', 'moveBatch~2', 'moveBatch~3']);
  const state = await move.state();
  expect(state).toMatchObject({
    status: 'completed',
    cancellable: false,
    progress: { processed: 25, failed: 0, total: 25, percentage: 100 },
  });
  expect(state.progress).not.toHaveProperty('estimatedCompletionAt');
  // Batches that went well are counted, not listed.
  expect(state.steps.map(({ name, status }) => [name, status])).toEqual([
    ['openMove', 'done'],
    ['closeMove', 'done'],
  ]);
  expect(await move.statusAttribute()).toBe('completed');
});

test('ends completed when there is nothing to do', async () => {
  const move = await depot.move(0);
  expect(await move.handle.result()).toEqual({ processed: 0, failed: 0 });
  expect(batches()).toEqual([]);
  expect((await move.state()).progress).toMatchObject({ total: 0, percentage: 100 });
});

test('tells how far it is and when it will be done, and gives notice of every quarter', async () => {
  const third = holdBatch('moveBatch~3');
  const move = await depot.move(40);
  await third.began;
  const { progress } = await move.until((state) => state.progress?.processed === 20);
  expect(progress).toMatchObject({ processed: 20, failed: 0, total: 40, percentage: 50 });
  expect(Date.parse(progress!.estimatedCompletionAt!)).toBeGreaterThan(0);
  third.release();
  await move.handle.result();
  expect(depot.steps.filter((step) => step.startsWith('tellHowFar'))).toEqual([
    'tellHowFar',
    'tellHowFar~2',
    'tellHowFar~3',
    'tellHowFar~4',
  ]);
});

test('goes on when a notice cannot be given', async () => {
  depot.script('tellHowFar', () => {
    throw failure('InvalidInput', 'scripted');
  });
  const move = await depot.move(20);
  expect(await move.handle.result()).toEqual({ processed: 20, failed: 0 });
  expect((await move.state()).status).toBe('completed');
});

test('sets a batch aside that fails for good, and takes the rest', async () => {
  depot.script('moveBatch', (_input, { step }) => {
    if (step === 'moveBatch~2') throw failure('DatabaseRefused', 'scripted');
    return undefined as never;
  });
  const move = await depot.move(35);
  expect(await move.handle.result()).toEqual({ processed: 35, failed: 10 });
  expect(depot.steps).toContain('setBatchAside~2');
  const { status, steps, progress } = await move.state();
  expect(status).toBe('completed-with-errors');
  expect(progress).toMatchObject({ processed: 35, failed: 10, percentage: 100 });
  expect(steps.find(({ name }) => name === 'moveBatch~2')).toMatchObject({
    status: 'failed',
    error: { type: 'DatabaseRefused' },
  });
});

test('tries a batch three times before it sets it aside', async () => {
  depot.script('moveBatch', (_input, { step }) => {
    if (step === 'moveBatch') throw ApplicationFailure.create({ type: 'UnexpectedError', message: 'scripted' });
    return undefined as never;
  });
  const move = await depot.move(20);
  await move.handle.result();
  expect(batches()).toEqual(['moveBatch', 'moveBatch', 'moveBatch', 'moveBatch~2']);
});

test('counts a batch that committed although its reply was lost', async () => {
  // The scripted owner keeps what commits first, as its database would.
  const before = new Set<string>();
  depot.script('moveBatch', async (input, { step }) => {
    if (step !== 'moveBatch~2' || before.has(step)) return undefined as never;
    before.add(step);
    throw failure('DatabaseRefused', 'the reply is lost');
  });
  depot.script('setBatchAside', () => ({ processed: 10, failed: 0, cursor: 20 }));
  const move = await depot.move(30);
  await move.handle.result();
  expect((await move.state()).progress).toMatchObject({ processed: 20 });
});

test('fails, and keeps what it did, when a failed batch cannot be set aside either', async () => {
  const refuse = () => {
    throw failure('TenantAccessDenied', 'scripted');
  };
  depot.script('moveBatch', (_input, { step }) => (step === 'moveBatch~2' ? refuse() : (undefined as never)));
  depot.script('setBatchAside', refuse);
  const move = await depot.move(30);
  const error = await move.handle.result().catch((thrown: unknown) => thrown);
  expect(((error as WorkflowFailedError).cause as ApplicationFailure).type).toBe('LongRunningFailed');
  expect(await move.state()).toMatchObject({
    status: 'failed',
    error: { type: 'TenantAccessDenied' },
    progress: { processed: 10 },
  });
  expect(depot.steps).not.toContain('closeMove');
});

test('fails when it cannot open', async () => {
  depot.script('openMove', () => {
    throw failure('NotFound', 'scripted');
  });
  const move = await depot.move(30);
  await expect(move.handle.result()).rejects.toThrow();
  expect(await move.state()).toMatchObject({ status: 'failed', error: { type: 'NotFound' } });
});

describe('pause and resume', () => {
  test('says pausing until the batch under way has ended, then paused, and goes on when resumed', async () => {
    const second = holdBatch('moveBatch~2');
    const move = await depot.move(40);
    await second.began;
    await move.pause();
    await move.until(({ status }) => status === 'pausing');
    second.release();
    const paused = await move.until(({ status }) => status === 'paused');
    expect(paused.progress).toMatchObject({ processed: 20 });
    expect(paused.progress).not.toHaveProperty('estimatedCompletionAt');
    expect(await move.statusAttribute()).toBe('paused');
    // Repeated, it changes nothing.
    await move.pause();
    expect((await move.state()).status).toBe('paused');
    expect(batches()).toHaveLength(2);
    await move.resume();
    expect(await move.handle.result()).toEqual({ processed: 40, failed: 0 });
    expect(batches()).toHaveLength(4);
  });

  test('can be cancelled while paused', async () => {
    const second = holdBatch('moveBatch~2');
    const move = await depot.move(40);
    await second.began;
    await move.pause();
    second.release();
    await move.until(({ status }) => status === 'paused');
    await move.handle.cancel();
    await expect(move.handle.result()).rejects.toThrow();
    expect(await move.state()).toMatchObject({ status: 'cancelled', result: { processed: 20, failed: 0 } });
  });
});

test('cancelled in the middle of a batch, it closes and says what was done and that it is kept', async () => {
  const second = holdBatch('moveBatch~2');
  const move = await depot.move(40);
  await second.began;
  await move.handle.cancel();
  const error = await move.handle.result().catch((thrown: unknown) => thrown);
  second.release();
  expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
  expect(depot.steps.at(-1)).toBe('closeMove');
  const state = await move.state();
  expect(state).toMatchObject({
    status: 'cancelled',
    cancellable: false,
    result: { processed: 10, failed: 0 },
    error: { type: 'Cancelled' },
    progress: { processed: 10, total: 40, percentage: 25 },
  });
  expect(state.error!.message).toMatch(/kept, nothing is undone/);
  expect(await move.statusAttribute()).toBe('cancelled');
});

test('closes although it is cancelled while it closes', async () => {
  const began = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  depot.script('closeMove', async () => {
    began.resolve();
    await released.promise;
    return undefined as never;
  });
  const move = await depot.move(10);
  await began.promise;
  await move.handle.cancel();
  released.resolve();
  expect(await move.handle.result()).toEqual({ processed: 10, failed: 0 });
  expect((await move.state()).status).toBe('completed');
});

describe('over several runs', () => {
  test('goes on as a new run before its history is long, with the same ledger key and its beginning', async () => {
    const move = await depot.move(400);
    expect(await move.handle.result()).toEqual({ processed: 400, failed: 0 });
    const runs = await move.runs();
    expect(runs.length).toBeGreaterThan(2);
    for (const events of runs) expect(events).toBeLessThanOrEqual(120);
    expect(new Set(batches()).size).toBe(40);
    expect(batches().at(-1)).toBe('moveBatch~40');
    expect(new Set(depot.calls.map(({ executionKey }) => executionKey))).toEqual(
      new Set([`${move.handle.workflowId}/${move.handle.firstExecutionRunId}`]),
    );
    const state = await move.state();
    expect(state).toMatchObject({ status: 'completed', progress: { processed: 400, percentage: 100 } });
    expect(Date.parse(state.startedAt!)).toBeLessThan(Date.parse(state.steps.at(-1)!.startedAt));
    expect(depot.steps.filter((step) => step === 'openMove')).toHaveLength(1);
    expect(depot.steps.filter((step) => step.startsWith('tellHowFar'))).toHaveLength(4);
  });

  test('keeps a failed batch of an earlier run on record', async () => {
    depot.script('moveBatch', (_input, { step }) => {
      if (step === 'moveBatch~2') throw failure('DatabaseRefused', 'scripted');
      return undefined as never;
    });
    const move = await depot.move(300);
    expect(await move.handle.result()).toEqual({ processed: 300, failed: 10 });
    expect((await move.runs()).length).toBeGreaterThan(1);
    const { steps, status } = await move.state();
    expect(status).toBe('completed-with-errors');
    expect(steps.map(({ name }) => name)).toContain('moveBatch~2');
  });

  test('paused at the end of a run, it goes on in the next', async () => {
    const late = holdBatch('moveBatch~9');
    const move = await depot.move(300);
    await late.began;
    await move.pause();
    late.release();
    await move.until(({ status }) => status === 'paused');
    await move.resume();
    expect(await move.handle.result()).toEqual({ processed: 300, failed: 0 });
    expect(await move.statusAttribute()).toBe('completed');
  });
});

test('runs lanes in parallel, each with its own cursor and its own steps', async () => {
  let together = 0;
  let most = 0;
  const both = Promise.withResolvers<void>();
  depot.script('moveBatch', async () => {
    together += 1;
    most = Math.max(most, together);
    if (most === 2) both.resolve();
    await both.promise;
    together -= 1;
    return undefined as never;
  });
  const move = await depot.move(100, { lanes: [0, 50] });
  expect(await move.handle.result()).toEqual({ processed: 100, failed: 0 });
  expect(most).toBe(2);
  expect(batches().filter((step) => step.startsWith('moveBatch.2'))).toHaveLength(5);
  expect(new Set(batches()).size).toBe(10);
});

describe('over items of another service', () => {
  const workflowType = 'moveListed';

  test('asks for a page before each batch, and hands it to the batch and to its being set aside', async () => {
    depot.script('listParcels', () => ({ found: 7 }));
    depot.script('moveBatch', (_input, { step }) => {
      if (step === 'moveBatch~2') throw failure('DatabaseRefused', 'scripted');
      return undefined as never;
    });
    const move = await depot.move(20, { workflowType });
    expect(await move.handle.result()).toEqual({ processed: 20, failed: 7 });
    expect(depot.steps).toEqual([
      'openMove',
      ...['listParcels', 'moveBatch'],
      ...['listParcels~2', 'moveBatch~2', 'setBatchAside~2'],
      ...['listParcels~3', 'moveBatch~3'],
      'closeMove',
    ]);
    expect((await move.state()).steps.map(({ name, status }) => [name, status])).toEqual([
      ['openMove', 'done'],
      ['moveBatch~2', 'failed'],
      ['closeMove', 'done'],
    ]);
  });

  test('goes on as a new run before its history is long', async () => {
    const move = await depot.move(200, { workflowType });
    expect(await move.handle.result()).toEqual({ processed: 200, failed: 0 });
    const runs = await move.runs();
    expect(runs.length).toBeGreaterThan(2);
    for (const events of runs) expect(events).toBeLessThanOrEqual(120);
  });

  test('fails, and keeps what it did, when a page cannot be had', async () => {
    depot.script('listParcels', (_input, { step }) => {
      if (step === 'listParcels~2') throw failure('TenantAccessDenied', 'scripted');
      return undefined as never;
    });
    const move = await depot.move(30, { workflowType });
    await expect(move.handle.result()).rejects.toMatchObject({ cause: { type: 'LongRunningFailed' } });
    expect(await move.state()).toMatchObject({
      status: 'failed',
      error: { type: 'TenantAccessDenied' },
      progress: { processed: 10, failed: 0, percentage: 33 },
    });
    expect(depot.steps).not.toContain('setBatchAside~2');
  });

  test('is not done before its last page, however few were counted at the opening', async () => {
    depot.script('openMove', () => ({ total: 5, processed: 0, failed: 0, lanes: [0] }));
    const third = holdBatch('moveBatch~3');
    const move = await depot.move(30, { workflowType });
    await third.began;
    expect((await move.state()).progress).toMatchObject({ processed: 20, total: 20, percentage: 99 });
    third.release();
    await move.handle.result();
    expect((await move.state()).progress).toMatchObject({ processed: 30, total: 30, percentage: 100 });
  });
});

test('a process exported by another name is a bug that waits for a fixed build', async () => {
  const move = await depot.move(10, { workflowType: 'misnamedMove' });
  const events = await until(
    async () => (await move.handle.fetchHistory()).events!,
    (all) => all.some((event) => event.workflowTaskFailedEventAttributes),
  );
  await move.handle.terminate();
  expect(events.length).toBeGreaterThan(0);
});
