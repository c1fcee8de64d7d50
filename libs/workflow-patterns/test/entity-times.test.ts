import { SEARCH_ATTRIBUTES } from '@adx/contract-kit';
import { findTestServer } from '@adx/local-parts';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { numbered, openClub, plain, until } from './club/club-harness.ts';
import type { Club, Member } from './club/club-harness.ts';

// Days pass in milliseconds here: the server skips the time in which nothing happens.

const DAY_MS = 86_400_000;
/** The test server is fetched when it is needed for the first time. */
const FIRST_DOWNLOAD_MS = 300_000;

let club: Club;
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const executable = { type: 'existing-path', path: await findTestServer() } as const;
  const environment = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
  const KEYWORD = 2;
  const searchAttributes = Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD]));
  await environment.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
  club = await openClub(environment);
}, FIRST_DOWNLOAD_MS);
afterAll(() => club.close());

const days = (count: number) => club.environment.sleep(count * DAY_MS);
const startOf = async (member: Member) => (await member.handle.describe()).startTime.getTime();
const daysUntilEnd = async (member: Member) => {
  const { closeTime } = await member.handle.describe();
  return Math.round((closeTime!.getTime() - (await startOf(member))) / (DAY_MS / 10)) / 10;
};
const alarmsOf = (member: Member) =>
  club.attempts
    .filter(({ activity, call }) => activity === 'remind' && call.operationId === member.workflowId)
    .map(({ input }) => input as { at: string; reason: string });
const applied = (member: Member, count: number) =>
  until(
    () => member.table.applied.length,
    (seen) => seen >= count,
  );
/** A thousand events end a run. */
const fillRun = async (member: Member, first: number) => {
  const batch = (from: number) => Array.from({ length: 100 }, (_, index) => numbered(from + index));
  for (let from = first; from < first + 1_000; from += 100) await member.signal(batch(from));
  // Not asked of the process: this server loses a query that meets a run at its end.
  await applied(member, first + 999);
};

test('the owner is told of a time when it has come, and of the time itself', async () => {
  const member = await club.start({ dueAfterMs: 30 * DAY_MS });
  await days(10);
  await member.signal([plain('a')]);
  const { entity } = await member.until(({ entity }) => entity?.events.applied === 1);
  await days(29);
  expect(alarmsOf(member)).toEqual([]);
  await days(2);
  expect((await member.until(({ entity }) => entity?.state === 'overdue')).entity).not.toHaveProperty('dueAt');
  expect(alarmsOf(member)).toEqual([{ at: entity!.dueAt, reason: 'due' }]);
  await member.handle.terminate();
});

test('silence ends it, counted from the last event, over a new run', async () => {
  const member = await club.start({ workflowType: 'passing' });
  await days(20);
  await fillRun(member, 1);
  await days(20);
  await member.signal([plain('again')]);
  await applied(member, 1_001);
  expect((await member.ending()).result).toMatchObject({ state: 'gone', reason: 'idle', events: { applied: 1_001 } });
  expect(await daysUntilEnd(await lastRun(member))).toBeCloseTo(70, 0);
  expect((await member.histories()).length).toBe(2);
});

test('its age ends it, over new runs, however lively it is', async () => {
  const member = await club.start({ workflowType: 'passing' });
  for (const first of [1, 1_001, 2_001, 3_001]) {
    await fillRun(member, first);
    await days(24);
  }
  expect((await member.ending()).result).toMatchObject({ state: 'gone', reason: 'deadline' });
  expect(alarmsOf(member)).toMatchObject([{ reason: 'deadline' }]);
  expect(await daysUntilEnd(await lastRun(member))).toBeCloseTo(100, 0);
});

/** The first run's start and the last run's end. */
async function lastRun(member: Member): Promise<Member> {
  const first = await club.environment.client.workflow
    .getHandle(member.workflowId, member.handle.firstExecutionRunId)
    .describe();
  const last = await club.environment.client.workflow.getHandle(member.workflowId).describe();
  const handle = { describe: () => Promise.resolve({ ...last, startTime: first.startTime }) };
  return { ...member, handle: handle as unknown as Member['handle'] };
}
