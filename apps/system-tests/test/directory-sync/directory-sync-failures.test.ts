import { randomUUID } from 'node:crypto';
import { MISBEHAVIOURS, sagaFootprint } from '@adx/testing';
import type { Fault, Process } from '@adx/testing';
import { LISTED, PAGES, always, openSyncStack, until } from './sync-stack.ts';
import type { Subject, SyncStack } from './sync-stack.ts';

// A directory that misbehaves in every way, on real services: what becomes of the sync, and what is there then. A fault
// of the directory has fired when it was asked as often as the test says.

let stack: SyncStack;
beforeAll(async () => {
  stack = await openSyncStack();
});
afterAll(() => stack?.close());
afterEach(() => stack.platform.faults.set());

const asked = ({ listing }: Subject, page: number) => listing.asked.filter((one) => one.page === page).length;
/** Of page 2, which only the page's own step asks for. */
const PAGE = 'syncDirectoryPage~2';

async function resetToTask(process: Process, which: (taskCount: number) => number): Promise<void> {
  const handle = stack.platform.client.workflow.getHandle(process.operationId);
  const { events } = await handle.fetchHistory();
  const tasks = events!.filter((event) => event.workflowTaskCompletedEventAttributes);
  const { runId } = await handle.describe();
  await stack.platform.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: process.operationId, runId },
    workflowTaskFinishEventId: tasks[which(tasks.length)]!.eventId!,
    reason: 'test',
    requestId: randomUUID(),
  });
}

describe('what passes is tried again, and nothing is lost', () => {
  test.each([
    ['answers 500', 1],
    ['asks for a second', 1],
    ['hangs', 1],
    ['cuts the connection', 1],
    ['answers with what is no JSON', 1],
    ['answers with another page', 2],
  ] as const)('a directory that %s', async (how, times) => {
    const subject = await stack.subject();
    subject.listing.misbehave(2, ...always(MISBEHAVIOURS[how], times));
    const process = await stack.start(subject);
    expect(await stack.ending(process)).toMatchObject({
      status: 'completed',
      result: { pages: 2, skipped: 0, created: 3, changed: 0, unchanged: 0 },
    });
    expect(await stack.users(subject)).toEqual(LISTED);
    expect(asked(subject, 2)).toBe(times + 1);
    // Nothing is sooner than the directory said.
    const [first, second] = subject.listing.asked.filter(({ page }) => page === 2);
    if (how === 'asks for a second') expect(second!.at - first!.at).toBeGreaterThanOrEqual(1_000);
  });

  test('and one that hangs when it is asked how much there is', async () => {
    const subject = await stack.subject();
    subject.listing.misbehave(1, MISBEHAVIOURS.hangs);
    expect((await stack.ending(await stack.start(subject))).status).toBe('completed');
    expect(asked(subject, 1)).toBe(3);
  });
});

describe('a page that cannot be had is left out, and said to be', () => {
  test.each([
    ['answers with what was not agreed', 1, 'user.AnswerRefused'],
    ['answers with another page', 3, 'user.WrongPage'],
  ] as const)('a directory that %s', async (how, times, type) => {
    const subject = await stack.subject();
    subject.listing.misbehave(2, ...always(MISBEHAVIOURS[how]));
    const process = await stack.start(subject);
    const view = await stack.ending(process);
    expect(view).toMatchObject({
      status: 'completed-with-errors',
      result: { pages: 2, skipped: 1, created: 2, changed: 0, unchanged: 0 },
    });
    expect(view.steps.find(({ name }) => name === PAGE)).toMatchObject({
      status: 'skipped',
      undo: 'undone',
      attempts: times,
      error: { type },
    });
    expect(asked(subject, 2)).toBe(times);
    expect(await stack.users(subject)).toEqual(LISTED.slice(0, 2));
  });
});

describe('what does not pass asks a person', () => {
  test('after three recoveries; skipped, the sync goes on without the page', async () => {
    const subject = await stack.subject();
    subject.listing.misbehave(2, ...always(MISBEHAVIOURS['answers with what is no JSON']));
    const process = await stack.start(subject);
    const { attention, steps } = await stack.parked(process);
    expect(attention).toMatchObject([{ step: PAGE, phase: 'step', error: { type: 'ExternalApiError' } }]);
    expect(steps.at(-1)).toMatchObject({ name: PAGE, status: 'parked', attempts: 4 });
    // Five attempts each time.
    expect(asked(subject, 2)).toBe(20);
    expect(await stack.resolve(process, PAGE, 'skip')).toBe('resolved');
    expect(await stack.ending(process)).toMatchObject({ status: 'completed-with-errors', result: { skipped: 1 } });
  });

  test('at once, when the token is refused; mended, the sync goes on from where it was', async () => {
    const subject = await stack.subject();
    subject.listing.misbehave(2, ...always(MISBEHAVIOURS['refuses the token'], 2));
    const process = await stack.start(subject);
    await stack.parked(process);
    expect(await stack.resolve(process, PAGE, 'retry')).toBe('parked-again');
    expect(await stack.resolve(process, PAGE, 'retry')).toBe('resolved');
    expect((await stack.ending(process)).status).toBe('completed');
    expect(await stack.users(subject)).toEqual(LISTED);
    expect([asked(subject, 1), asked(subject, 2)]).toEqual([2, 3]);
  });

  test('when a page would leave the tenant without an owner; given up, everything is undone', async () => {
    const subject = await stack.subject();
    subject.listing.pages = [PAGES[0]!, [{ email: subject.ownerEmail, role: 'member' }]];
    const process = await stack.start(subject);
    expect((await stack.parked(process)).attention).toMatchObject([
      { step: PAGE, error: { type: 'user.NoOwnerLeft' } },
    ]);
    await stack.resolve(process, PAGE, 'give-up');
    expect(await stack.ending(process)).toMatchObject({ status: 'compensated', error: { type: 'user.NoOwnerLeft' } });
    await stack.expectUndone(subject, process);
  });
});

describe('mistakes of the caller undo what was done, and page nobody', () => {
  const expectRefused = async (subject: Subject, process: Process, type: string, details: object) => {
    expect(await stack.ending(process)).toMatchObject({ status: 'compensated', error: { type, details } });
    await stack.expectUndone(subject, process);
    expect(JSON.stringify(stack.platform.log)).not.toContain(`"a step cannot go on"`);
  };

  test('a directory that nobody registered, or another tenant', async () => {
    const subject = await stack.subject();
    const other = await stack.subject();
    const unknown = randomUUID() as Subject['listing']['directoryId'];
    for (const directoryId of [unknown, other.listing.directoryId]) {
      const process = await stack.start(subject, directoryId);
      await expectRefused(subject, process, 'user.DirectoryUnknown', { directoryId });
    }
    expect(other.listing.asked).toEqual([]);
  });

  test('a directory that is too large for a sync', async () => {
    const subject = await stack.subject(Array.from({ length: 51 }, () => []));
    await expectRefused(subject, await stack.start(subject), 'user.DirectoryTooLarge', { pages: 51, most: 50 });
  });

  test('a directory that answers nothing of use when it is asked how much there is', async () => {
    const subject = await stack.subject();
    subject.listing.misbehave(1, MISBEHAVIOURS['answers with what was not agreed']);
    await expectRefused(subject, await stack.start(subject), 'user.AnswerRefused', { page: 1 });
  });

  test('a directory that another sync is at', async () => {
    const subject = await stack.subject();
    subject.listing.misbehave(2, ...always(MISBEHAVIOURS['refuses the token']));
    const first = await stack.start(subject);
    await stack.parked(first);
    const second = await stack.start(subject);
    const { operationId } = first;
    expect(await stack.ending(second)).toMatchObject({
      status: 'compensated',
      error: { type: 'user.SyncRunning', details: { operationId } },
    });
    subject.listing.misbehave(2);
    await stack.resolve(first, PAGE, 'retry');
    expect((await stack.ending(first)).status).toBe('completed');
    expect((await stack.ending(await stack.start(subject))).result).toMatchObject({ created: 0, unchanged: 3 });
  });
});

test('an open breaker is waited for: nobody is asked, and no attempt is spent', async () => {
  const subject = await stack.subject();
  const { superuser } = stack.platform.database;
  subject.listing.misbehave(1, ...always(MISBEHAVIOURS['answers 500'], 5));
  const first = await stack.start(subject);
  const lane = `directory-${subject.listing.directoryId}`;
  const breaker = async () =>
    (
      await superuser.query<{ open: boolean }>(
        `select open_until > now() as open from "user".external_breaker where external_service = $1`,
        [lane],
      )
    ).rows[0];
  await until(async () => (await breaker())?.open === true);
  // Five failures, and from then on silence.
  expect(subject.listing.asked).toHaveLength(5);
  const seenOpen = Date.now();
  await stack.platform.operations.cancel(first.operationId);
  expect((await stack.ending(first)).status).toBe('cancelled');
  // A worker trusts for a second what it saw last.
  await until(() => Date.now() > seenOpen + 1_100);
  await superuser.query(
    `update "user".external_breaker set open_until = now() + interval '3 seconds' where external_service = $1`,
    [lane],
  );
  const openUntil = Date.now() + 3_000;
  const view = await stack.ending(await stack.start(subject));
  expect(view).toMatchObject({ status: 'completed', steps: [{ name: 'openDirectorySync', attempts: 1 }, {}, {}, {}] });
  expect(subject.listing.asked[5]!.at).toBeGreaterThanOrEqual(openUntil - 200);
}, 120_000);

test('a tenant that is suspended while a page is on its way gets nothing more, and what it got is undone', async () => {
  const subject = await stack.subject();
  let suspended = 0;
  subject.listing.misbehave(2, async (_response, ok) => {
    const { rowCount } = await stack.platform.database.superuser.query(
      `update "user".access_tenant set status = 'suspended' where tenant_id = $1 and status = 'active'`,
      [subject.tenantId],
    );
    suspended += rowCount ?? 0;
    ok();
  });
  const process = await stack.start(subject);
  expect(await stack.ending(process)).toMatchObject({ status: 'compensated', error: { type: 'TenantAccessDenied' } });
  expect([suspended, asked(subject, 2)]).toEqual([1, 1]);
  await stack.expectUndone(subject, process);
});

describe('a cancellation undoes what was attempted', () => {
  test.each([
    ['openDirectorySync', 1, []],
    ['syncDirectoryPage', 1, [() => undefined]],
    [PAGE, 2, []],
  ] as const)('during %s', async (step, page, before) => {
    const subject = await stack.subject();
    // Page 1 is asked for twice: how much there is, and what is on it.
    const ok = (_response: unknown, answer: () => void) => answer();
    // Each attempt has a second; on a busy machine the cancellation takes longer to arrive.
    subject.listing.misbehave(page, ...before.map(() => ok), ...always(MISBEHAVIOURS.hangs));
    const process = await stack.start(subject);
    await until(() => asked(subject, page) > before.length);
    await stack.platform.operations.cancel(process.operationId);
    const view = await stack.ending(process);
    expect(view).toMatchObject({ status: 'cancelled', error: { type: 'Cancelled' } });
    expect(view.steps.at(-1)).toMatchObject({ name: step, status: 'failed', undo: 'undone' });
    await stack.expectUndone(subject, process);
  });

  test('during closeDirectorySync', async () => {
    const subject = await stack.subject();
    const point = 'before-transaction';
    stack.platform.faults.set({ activity: 'closeDirectorySync', point, action: { kind: 'hang' } });
    const process = await stack.start(subject);
    await until(() => stack.platform.faults.fired()[0]! > 0);
    await stack.platform.operations.cancel(process.operationId);
    // Past the local attempt, which holds a cancellation back.
    await until(async () => (await stack.platform.operations.get(process.operationId))?.status !== 'running');
    stack.platform.faults.set();
    expect((await stack.ending(process)).status).toBe('cancelled');
    await stack.expectUndone(subject, process);
  });
});

describe('whatever is lost between the call and the commit, each effect is there once', () => {
  const once = { syncDirectoryPage: 1, [PAGE]: 1, openDirectorySync: 1, closeDirectorySync: 1 };
  const counts = async ({ operationId }: Process) => {
    const { effects } = await sagaFootprint(stack.platform, operationId);
    return Object.fromEntries(effects.map((step) => [step, effects.filter((one) => one === step).length]));
  };

  test.each(['before-transaction', 'in-lease', 'after-call', 'in-transaction', 'after-commit'] as const)(
    'at %s',
    async (point) => {
      const subject = await stack.subject();
      const fault: Fault = { activity: 'syncDirectoryPage', point, action: { kind: 'error' }, times: 1, skip: 1 };
      stack.platform.faults.set(fault);
      const process = await stack.start(subject);
      expect((await stack.ending(process)).result).toMatchObject({ created: 3 });
      expect(stack.platform.faults.fired()).toEqual([1]);
      expect(await counts(process)).toEqual(once);
      expect(await stack.users(subject)).toEqual(LISTED);
    },
  );

  test.each([
    ['the first task', () => 0],
    ['one in the middle', (tasks: number) => Math.floor(tasks / 2)],
    ['the last task', (tasks: number) => tasks - 1],
  ])('after a reset to %s', async (_which, which) => {
    const subject = await stack.subject();
    const process = await stack.start(subject);
    const { result } = await stack.ending(process);
    await resetToTask(process, which);
    expect(await stack.ending(process)).toMatchObject({ status: 'completed', result: result as object });
    expect(await counts(process)).toEqual(once);
    expect(await stack.users(subject)).toEqual(LISTED);
    expect(subject.listing.asked).toHaveLength(3);
  });

  test('after a reset of a sync that left a page out, and of one that was undone', async () => {
    const subject = await stack.subject();
    subject.listing.misbehave(2, MISBEHAVIOURS['answers with what was not agreed']);
    const incomplete = await stack.start(subject);
    expect((await stack.ending(incomplete)).status).toBe('completed-with-errors');
    await resetToTask(incomplete, () => 0);
    expect(await stack.ending(incomplete)).toMatchObject({ status: 'completed-with-errors', result: { skipped: 1 } });
    expect(await stack.users(subject)).toEqual(LISTED.slice(0, 2));

    const other = await stack.subject();
    other.listing.misbehave(2, ...always(MISBEHAVIOURS['refuses the token']));
    const undone = await stack.start(other);
    await stack.parked(undone);
    await stack.resolve(undone, PAGE, 'give-up');
    expect((await stack.ending(undone)).status).toBe('compensated');
    await resetToTask(undone, () => 0);
    expect(await stack.ending(undone)).toMatchObject({ status: 'failed', error: { type: 'StepFenced' } });
    await stack.expectUndone(other, undone);
  });
});

test('an undo takes back what is as the sync left it, and leaves what others did since', async () => {
  const subject = await stack.subject();
  const { superuser } = stack.platform.database;
  const [kept, demoted] = [randomUUID(), randomUUID()];
  await superuser.query(
    `insert into "user".app_user (tenant_id, user_id, email, role)
       values ($1, $2, 'ann@list.example', 'owner'), ($1, $3, 'bo@list.example', 'owner')`,
    [subject.tenantId, kept, demoted],
  );
  await superuser.query(
    `insert into "user".access_member (tenant_id, subject, roles) values ($1, $2, '{owner}'), ($1, $3, '{owner}')`,
    [subject.tenantId, kept, demoted],
  );
  subject.listing.pages = [...PAGES, []];
  subject.listing.misbehave(3, ...always(MISBEHAVIOURS['refuses the token']));
  const process = await stack.start(subject);
  await stack.parked(process);
  expect(await stack.users(subject)).toEqual(LISTED);
  // Somebody makes cy, whom the sync created as an owner, a member.
  await superuser.query(
    `with c as (update "user".app_user set role = 'member' where tenant_id = $1 and email = 'cy@list.example' returning user_id)
       update "user".access_member a set roles = '{member}' from c where a.tenant_id = $1 and a.subject = c.user_id::text`,
    [subject.tenantId],
  );
  await stack.resolve(process, 'syncDirectoryPage~3', 'give-up');
  expect((await stack.ending(process)).status).toBe('compensated');
  expect(await stack.users(subject)).toEqual([
    'ann@list.example owner',
    'bo@list.example owner',
    'cy@list.example member',
  ]);
});

describe('when the recovery is used up and an undo cannot go on', () => {
  test('it waits for a person again; given up, it says what is left behind', async () => {
    const subject = await stack.subject();
    stack.platform.faults.set(
      {
        activity: 'syncDirectoryPage',
        mode: 'undo',
        point: 'before-transaction',
        action: { kind: 'failure', type: 'UndoImpossible' },
        skip: 1,
      },
      {
        activity: 'syncDirectoryPage',
        point: 'in-transaction',
        action: { kind: 'failure', type: 'DatabaseRefused' },
        skip: 1,
        // A decision is a step of the same activity, and is to be recorded.
        times: 1,
      },
    );
    const process = await stack.start(subject);
    expect((await stack.parked(process)).attention).toMatchObject([{ step: 'syncDirectoryPage', phase: 'undo' }]);
    expect(stack.platform.faults.fired()).toEqual([1, 1]);
    await stack.resolve(process, 'syncDirectoryPage', 'give-up');
    const view = await stack.ending(process);
    expect(view).toMatchObject({ status: 'failed', error: { type: 'DatabaseRefused' } });
    expect(view.steps.map(({ name, undo }) => [name, undo])).toEqual([
      ['openDirectorySync', 'undone'],
      ['syncDirectoryPage', 'given-up'],
      [PAGE, 'undone'],
    ]);
    expect(await stack.users(subject)).toEqual(LISTED.slice(0, 2));
  });

  test('which is the case when the only owner left is one that the sync made', async () => {
    const subject = await stack.subject([PAGES[1]!, []]);
    subject.listing.misbehave(2, ...always(MISBEHAVIOURS['refuses the token']));
    const process = await stack.start(subject);
    await stack.parked(process);
    const { superuser } = stack.platform.database;
    await superuser.query(`delete from "user".app_user where tenant_id = $1 and user_id = $2`, [
      subject.tenantId,
      subject.ownerId,
    ]);
    await stack.resolve(process, PAGE, 'give-up');
    const view = await until(async () => {
      const seen = await stack.platform.operations.get(process.operationId);
      return seen?.attention?.[0]?.phase === 'undo' ? seen : undefined;
    });
    expect(view.attention).toMatchObject([{ step: 'syncDirectoryPage', error: { type: 'UndoImpossible' } }]);
    await stack.resolve(process, 'syncDirectoryPage', 'skip');
    expect((await stack.ending(process)).status).toBe('partly-compensated');
    expect(await stack.users(subject)).toEqual(['cy@list.example owner']);
  });
});
