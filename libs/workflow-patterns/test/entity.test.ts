import { randomUUID } from 'node:crypto';
import { failure } from '@adx/contract-kit';
import type { EntityEvent } from '@adx/contract-kit';
import { ApplicationFailure } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { numbered, openClub, plain, until } from './club/club-harness.ts';
import type { Club, Member } from './club/club-harness.ts';

let club: Club;
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const address = process.env['ADX_TEST_TEMPORAL_ADDRESS']!;
  club = await openClub(await TestWorkflowEnvironment.createFromExistingServer({ address }));
});
afterEach(() => {
  for (const activity of ['join', 'visit', 'manage', 'remind']) club.script(activity, undefined);
});
afterAll(() => club.close());

const broken = () => {
  throw ApplicationFailure.create({ type: 'UnexpectedError', message: 'scripted' });
};
const leave = (member: Member) => member.signal([plain('the-end', { type: 'left' })]);
/** Activities by their traces in a history: markers of local ones, schedulings of the others. */
const activitiesIn = (histories: readonly History[]): number =>
  histories
    .flatMap(({ events }) => events ?? [])
    .filter((one) => one.markerRecordedEventAttributes ?? one.activityTaskScheduledEventAttributes).length;
const timersIn = (histories: readonly History[]): number =>
  histories.flatMap(({ events }) => events ?? []).filter((one) => one.timerStartedEventAttributes).length;

/** The same shuffle at every run of the test. */
function shuffled<T>(values: readonly T[]): T[] {
  let seed = 42;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  return values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

describe('events', () => {
  test('are applied once and in order, shuffled, doubled and malformed, over new runs and a worker that goes', async () => {
    const member = await club.start();
    const count = 1_500;
    const good = Array.from({ length: count }, (_, index) => numbered(index + 1));
    const doubled = good.filter((_, index) => index % 10 < 3);
    const malformed = Array.from({ length: count / 10 }, (_, index): unknown =>
      index % 2 ? { nonsense: index } : plain(`m${index}`, { data: 'malformed' }),
    );
    const all = shuffled<unknown>([...good, ...doubled, ...malformed]);
    for (let sent = 0; sent < all.length; sent += 50) {
      if (sent === 1_000) await club.stopWorker();
      await member.signal(all.slice(sent, sent + 50));
      if (sent === 1_200) await club.startWorker();
    }
    const { entity } = await member.until(({ entity }) => entity?.events.applied === count && entity.events.held === 0);
    expect(entity?.events).toMatchObject({ late: 0, rejected: malformed.length });
    // And those of an attempt whose reply went with the worker.
    expect(entity?.events.duplicate).toBeGreaterThanOrEqual(doubled.length);
    expect(member.table.applied).toEqual(good.map(({ eventId }) => eventId));
    await leave(member);
    expect((await member.ending()).result).toMatchObject({ state: 'gone', reason: 'event' });
    const histories = await member.histories();
    expect(histories.length).toBeGreaterThan(1);
    for (const { events } of histories) expect(events!.length).toBeLessThan(500);
  });

  test('that come in a burst, a thousand one by one, take at most a hundred activities', async () => {
    const member = await club.start();
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => member.signal([plain(`e${index}`)])));
    await member.until(({ entity }) => entity?.events.applied === 1_000);
    const histories = await member.histories();
    expect(activitiesIn(histories)).toBeLessThanOrEqual(100);
    expect(new Set(member.table.applied).size).toBe(1_000);
    await leave(member);
    await member.ending();
  });

  test('that come while a batch is under way, more than the server keeps for one workflow task, are all applied', async () => {
    const member = await club.start();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    club.script('visit', async () => {
      await released;
      return null;
    });
    await member.signal([plain('first')]);
    await until(
      async () => club.attempts.filter(({ call }) => call.operationId === member.workflowId).length,
      (attempts) => attempts === 2,
    );
    await Promise.all(Array.from({ length: 300 }, (_, index) => member.signal([plain(`e${index}`)])));
    // The server has given up on a task that was open all the time, and there is a next one.
    await new Promise((resolve) => setTimeout(resolve, 500));
    release();
    await member.until(({ entity }) => entity?.events.applied === 301);
    expect(new Set(member.table.applied).size).toBe(301);
    // Whoever takes over has nothing but the history.
    await club.stopWorker();
    await club.startWorker();
    expect(await member.update([plain('later')])).toEqual([{ eventId: 'later', outcome: 'applied' }]);
    await leave(member);
    await member.ending();
  });

  test('that somebody waits for are answered with what became of them', async () => {
    const member = await club.start();
    expect(await member.update([plain('a'), numbered(2), plain('a')])).toEqual([
      { eventId: 'a', outcome: 'applied' },
      { eventId: 'e2', outcome: 'held' },
      { eventId: 'a', outcome: 'duplicate' },
    ]);
    expect((await member.state()).entity).toMatchObject({ state: 'member', events: { applied: 1, held: 1 } });
    expect(await member.update([numbered(1)], 'e1')).toEqual([{ eventId: 'e1', outcome: 'applied' }]);
    expect(await member.update([numbered(1)], 'e1')).toEqual([{ eventId: 'e1', outcome: 'applied' }]);
    expect(member.table.applied).toEqual(['a', 'e1', 'e2']);
    expect((await member.state()).entity?.events).toMatchObject({ applied: 3, held: 0, duplicate: 1 });
    await leave(member);
    await member.ending();
  });

  test.each<[string, unknown]>([
    ['is no object', 'e1'],
    ['has no id', { type: 'visited', data: null }],
    ['has an id that is none', plain('white space')],
    ['has a type that is none', plain('e1', { type: 'Visited!' })],
    ['has a number that is none', { ...plain('e1'), seq: 0 }],
    ['has more than an event has', { ...plain('e1'), tenantId: 'another' }],
    ['lacks its data', { eventId: 'e1', type: 'visited' }],
    ['is too large', plain('e1', { data: 'x'.repeat(1_024) })],
  ])('of which one %s are refused as a whole, or dropped alone when nobody waits', async (_, malformed) => {
    const member = await club.start();
    expect(await member.update([plain('good'), malformed as EntityEvent])).toEqual({ refused: 'InvalidInput' });
    await member.signal([plain('good'), malformed]);
    const { entity } = await member.until(({ entity }) => entity?.events.applied === 1);
    expect(entity?.events).toMatchObject({ applied: 1, rejected: 1 });
    expect(member.table.applied).toEqual(['good']);
    await member.handle.terminate();
  });

  test('go to the activity of their kind under the principal of their sender, in the order of their arrival', async () => {
    const member = await club.start();
    await club.stopWorker();
    const before = club.attempts.length;
    await member.signal([plain('a'), plain('b', { type: 'managed' }), plain('c', { type: 'managed' })], 'ann');
    await member.signal([plain('d', { type: 'managed' })], 'bob');
    await club.startWorker();
    await member.until(({ entity }) => entity?.events.applied === 4);
    expect(
      club.attempts
        .slice(before)
        .filter(({ activity }) => activity !== 'join')
        .map(({ activity, call }) => [activity, call.principal]),
    ).toEqual([
      ['visit', 'ann'],
      ['manage', 'ann'],
      ['manage', 'bob'],
    ]);
    expect(member.table.applied).toEqual(['a', 'b', 'c', 'd']);
    await member.handle.terminate();
  });

  test('of a sender who may not are rejected, and hold up nobody', async () => {
    const member = await club.start();
    club.script('manage', () => {
      throw failure('TenantAccessDenied', 'scripted');
    });
    expect(await member.update([plain('a', { type: 'managed' }), plain('b')])).toEqual([
      { eventId: 'a', outcome: 'rejected', reason: 'TenantAccessDenied' },
      { eventId: 'b', outcome: 'applied' },
    ]);
    expect(await member.state()).toMatchObject({ status: 'running', entity: { events: { applied: 1, rejected: 1 } } });
    await member.handle.terminate();
  });
});

describe('the-end', () => {
  test('comes after everything that was accepted, and says what came too late', async () => {
    const member = await club.start();
    await club.stopWorker();
    await member.signal([plain('a'), plain('end', { type: 'left' }), plain('too-late')]);
    await member.signal([plain('much-too-late')]);
    await club.startWorker();
    expect((await member.ending()).result).toEqual({
      state: 'gone',
      reason: 'event',
      events: { applied: 2, duplicate: 0, held: 0, late: 2, rejected: 0 },
    });
    expect(member.table.applied).toEqual(['a', 'end']);
    expect((await member.state()).status).toBe('completed');
    await expect(member.signal([plain('after-all')])).rejects.toThrow(/not found|already completed/);
    await expect(member.update([plain('after-all')])).rejects.toThrow(/not found|already completed/);
  });

  test('by cancellation applies what was accepted and tells the owner', async () => {
    const member = await club.start();
    await club.stopWorker();
    await member.signal([plain('a')]);
    await member.handle.cancel();
    await club.startWorker();
    expect((await member.ending()).type).toBe('CancelledFailure');
    expect(member.table.applied).toEqual(['a']);
    expect(club.attempts.at(-1)).toMatchObject({ activity: 'remind', input: { reason: 'cancelled' } });
    expect(await member.state()).toMatchObject({
      status: 'cancelled',
      cancellable: false,
      entity: { state: 'gone', reason: 'cancelled' },
    });
  });

  test('comes at once when it cannot begin', async () => {
    club.script('join', () => {
      throw ApplicationFailure.nonRetryable('scripted', 'club.ClubClosed', {});
    });
    const member = await club.start();
    expect(await member.ending()).toMatchObject({
      type: 'EntityFailed',
      state: { status: 'failed', error: { type: 'club.ClubClosed' } },
    });
  });
});

describe('what does not succeed', () => {
  const parked = (member: Member) => member.until(({ status }) => status === 'needs-attention');

  test('waits for a person, and is tried again', async () => {
    const member = await club.start({ scale: 0.02 });
    club.script('visit', broken);
    await member.signal([plain('a')]);
    const { attention } = await parked(member);
    expect(attention).toMatchObject([{ phase: 'tail', actions: ['retry', 'skip', 'give-up'] }]);
    await member.signal([plain('b')]);
    club.script('visit', undefined);
    await member.resolve(attention![0]!.step, 'retry');
    await member.until(({ entity, status }) => entity?.events.applied === 2 && status === 'running');
    expect(member.table.applied).toEqual(['a', 'b']);
    await member.handle.terminate();
  });

  test('is left out when a person skips it, and counted', async () => {
    const member = await club.start({ scale: 0.02 });
    club.script('visit', broken);
    const answer = member.update([plain('a')]);
    const { attention } = await parked(member);
    club.script('visit', undefined);
    await member.resolve(attention![0]!.step, 'skip');
    expect(await answer).toEqual([{ eventId: 'a', outcome: 'rejected', reason: 'Skipped' }]);
    expect(await member.update([plain('b')])).toEqual([{ eventId: 'b', outcome: 'applied' }]);
    await member.handle.terminate();
  });

  test('ends it when a person gives up, and whoever waits is told', async () => {
    const member = await club.start({ scale: 0.02 });
    club.script('visit', broken);
    const answer = member.update([plain('a')]);
    const { attention } = await parked(member);
    await member.resolve(attention![0]!.step, 'give-up');
    expect(await answer).toEqual({ refused: 'EntityFailed' });
    expect(await member.ending()).toMatchObject({
      type: 'EntityFailed',
      rootType: 'UnexpectedError',
      state: { status: 'failed', error: { type: 'UnexpectedError' } },
    });
  });

  test('because of a time that does not move fails the task, not the entity', async () => {
    const member = await club.start({ dueAfterMs: 1_000 });
    const dueAt = (await member.until(({ entity }) => entity?.dueAt !== undefined)).entity!.dueAt!;
    club.script('remind', () => ({ state: 'member', dueAt, ended: false, applied: 0, held: 0 }));
    const failed = await until(
      async () => (await member.handle.fetchHistory()).events?.find((one) => one.workflowTaskFailedEventAttributes),
      (event) => event !== undefined,
    );
    expect(failed).toBeDefined();
    expect((await member.handle.describe()).status.name).toBe('RUNNING');
    await member.handle.terminate();
  });
});

test('a reset applies nothing twice', async () => {
  const member = await club.start();
  for (const id of ['a', 'b', 'c']) await member.update([plain(id)]);
  const { events } = await member.handle.fetchHistory();
  const firstTask = events!.find((event) => event.workflowTaskCompletedEventAttributes)!;
  const { client } = club.environment;
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: member.workflowId, runId: member.handle.firstExecutionRunId! },
    workflowTaskFinishEventId: firstTask.eventId!,
    reason: 'test',
    requestId: randomUUID(),
  });
  const again = client.workflow.getHandle(member.workflowId);
  await member.update([plain('d')]);
  expect(member.table.applied).toEqual(['a', 'b', 'c', 'd']);
  await leave(member);
  expect(await again.result()).toMatchObject({ reason: 'event' });
  expect(member.table.applied).toEqual(['a', 'b', 'c', 'd', 'the-end']);
});

test('an event that waits at the moment the timer fires comes first', async () => {
  const member = await club.start({ dueAfterMs: 3_000 });
  await member.until(({ entity }) => entity?.dueAt !== undefined);
  await club.stopWorker();
  // The server fires it; there is nobody to act on it.
  const fired = async () => (await member.handle.fetchHistory()).events!.some((one) => one.timerFiredEventAttributes);
  await until(fired, (yes) => yes);
  const attempts = club.attempts.length;
  await member.signal([plain('a')]);
  await club.startWorker();
  const { entity } = await member.until(({ entity }) => entity?.state === 'overdue');
  expect(entity?.events.applied).toBe(1);
  expect(club.attempts.slice(attempts).map(({ activity }) => activity)).toEqual(['visit', 'remind']);
  await member.handle.terminate();
});

test('events that move the next time away arm no new timer', async () => {
  const member = await club.start({ dueAfterMs: 86_400_000 });
  for (let n = 1; n <= 20; n += 1) await member.update([plain(`e${n}`)]);
  expect(timersIn(await member.histories())).toBe(1);
  await member.handle.terminate();
});

test('an entity that is exported by another name than its own does not run', async () => {
  const member = await club.start({ workflowType: 'misnamed' });
  await until(
    async () => (await member.handle.fetchHistory()).events?.some((one) => one.workflowTaskFailedEventAttributes),
    (failed) => failed === true,
  );
  await member.handle.terminate();
});
