import { randomUUID } from 'node:crypto';
import type { OperationView } from '@adx/operations';
import { footprint, openTenant, startCrashingWorker, startProcessAs, startTestPlatform } from '@adx/testing';
import type { OpenTenant, Process, TestPlatform } from '@adx/testing';
import { userContract } from '@adx/user-contract';

// A standard process meets every kind of failure on real services: how it ends, and what is there then. Each test that
// injects a fault proves that it fired.

const { createUser } = userContract.workflows;
const STEP = 'addUser';
/** Attempts that are used up take as long as their waits. */
const QUICK = 0.01;

let platform: TestPlatform;
let acme: OpenTenant;
beforeAll(async () => {
  platform = await startTestPlatform();
  acme = await openTenant(platform);
});
afterAll(() => platform?.stop());
afterEach(() => platform.faults.set());

interface Hire extends Process {
  readonly email: string;
}

async function hire(options: { readonly email?: string; readonly as?: string } = {}): Promise<Hire> {
  const { email = `${randomUUID()}@acme.example`, as: userId = acme.ownerId } = options;
  const who = { tenantId: acme.tenantId, userId, boundsScale: QUICK };
  return { ...(await startProcessAs(platform, who, createUser, { email, role: 'member' })), email };
}

async function ending({ operationId }: Hire): Promise<OperationView> {
  expect(await platform.operations.ended(operationId, 60_000)).toBe(true);
  return (await platform.operations.get(operationId))!;
}

async function users(email: string): Promise<number> {
  const { rows } = await platform.database.superuser.query(
    `select 1 from "user".app_user u join "user".access_member a on a.subject = u.user_id::text where email = $1`,
    [email],
  );
  return rows.length;
}

async function events({ operationId }: Hire): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const event of (await platform.client.workflow.getHandle(operationId).fetchHistory()).events ?? []) {
    const kind = Object.keys(event)
      .find((key) => key.endsWith('EventAttributes'))!
      .replace('EventAttributes', '');
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** It happened, once, and everything says so. */
async function expectHappened(hired: Hire): Promise<void> {
  const view = await ending(hired);
  expect(view).toMatchObject({ status: 'completed', steps: [{ name: STEP, status: 'done' }] });
  expect(view.error).toBeUndefined();
  expect(await users(hired.email)).toBe(1);
  expect(await footprint(platform, hired)).toMatchObject({ ledger: { [STEP]: 'done' }, effects: [STEP] });
}

/** It did not happen, and its door is closed: no late attempt can change that. */
async function expectNever(hired: Hire, status: 'failed' | 'cancelled', type: string): Promise<void> {
  expect(await ending(hired)).toMatchObject({ status, cancellable: false, stale: false, error: { type } });
  expect(await users(hired.email)).toBe(0);
  expect(await footprint(platform, hired)).toMatchObject({ ledger: { [STEP]: 'fenced' }, effects: [] });
}

const fired = () => platform.faults.fired();

async function waitFor(holds: () => unknown): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('what was waited for did not happen within 60 s');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function resetToTheBeginning({ operationId }: Hire): Promise<void> {
  const handle = platform.client.workflow.getHandle(operationId);
  const { events: history } = await handle.fetchHistory();
  const firstTask = history!.find((event) => event.workflowTaskCompletedEventAttributes)!;
  const { runId } = await handle.describe();
  const reset = await platform.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: operationId, runId },
    workflowTaskFinishEventId: firstTask.eventId!,
    reason: 'test',
    requestId: randomUUID(),
  });
  expect(reset.runId).not.toBe(runId);
}

test('that meets none is one workflow task and one local activity', async () => {
  const hired = await hire();
  await expectHappened(hired);
  expect(await events(hired)).toMatchObject({ workflowTaskCompleted: 1, markerRecorded: 1 });
  expect(await events(hired)).not.toHaveProperty('activityTaskScheduled');
});

test('that ends in a declared error needs no second workflow task, and keeps the type of the error', async () => {
  const first = await hire();
  await ending(first);
  const second = await hire({ email: first.email });
  expect(await ending(second)).toMatchObject({
    status: 'failed',
    error: { type: 'user.EmailTaken', details: {} },
    steps: [{ name: STEP, status: 'failed', error: { type: 'user.EmailTaken' } }],
  });
  expect(await users(first.email)).toBe(1);
  expect(await events(second)).toMatchObject({ workflowTaskCompleted: 1, markerRecorded: 2 });
});

test('whose principal may not cause the effect fails, and the denial is in the audit', async () => {
  const hired = await hire();
  const { userId } = (await ending(hired)).result as { readonly userId: string };
  const denied = await hire({ as: userId });
  await expectNever(denied, 'failed', 'TenantAccessDenied');
  const { rows } = await platform.database.superuser.query(
    `select outcome, actor from "user".audit_pending where operation_id = $1
      union all select outcome, actor from "user".audit where operation_id = $1`,
    [denied.operationId],
  );
  expect(rows).toEqual([{ outcome: 'denied', actor: userId }]);
});

test('whose attempts are used up fails', async () => {
  platform.faults.set({ activity: STEP, point: 'before-transaction', action: { kind: 'error' } });
  await expectNever(await hire(), 'failed', 'UnexpectedError');
  expect(fired()).toEqual([10]);
});

test('whose effect is rolled back is tried again', async () => {
  platform.faults.set({ activity: STEP, point: 'in-transaction', action: { kind: 'error' }, times: 2 });
  await expectHappened(await hire());
  expect(fired()).toEqual([2]);
});

test('whose reply is lost after the commit causes no second effect', async () => {
  platform.faults.set({
    activity: STEP,
    point: 'after-commit',
    action: { kind: 'failure', type: 'DatabaseError' },
    times: 1,
  });
  await expectHappened(await hire());
  expect(fired()).toEqual([1]);
});

test('whose only committed attempt was never heard of is completed by its ledger', async () => {
  platform.faults.set(
    { activity: STEP, point: 'after-commit', action: { kind: 'hang' }, times: 1 },
    { activity: STEP, point: 'before-transaction', action: { kind: 'error' }, skip: 1 },
  );
  await expectHappened(await hire());
  expect(fired()).toEqual([1, 9]);
});

test('whose worker crashes after the commit and before the report loses nothing and repeats nothing', async () => {
  const worker = await startCrashingWorker(platform, 'user', [
    { activity: STEP, point: 'after-commit', action: { kind: 'kill' }, times: 1 },
  ]);
  let hired: Hire;
  try {
    hired = await hire();
    await worker.crashed();
  } finally {
    await worker.stop();
    await platform.startWorker('user');
  }
  await expectHappened(hired);
});

describe('that is cancelled', () => {
  test('before the effect ends as cancelled, and the attempt under way comes too late', async () => {
    platform.faults.set({ activity: STEP, point: 'before-transaction', action: { kind: 'hang' } });
    const hired = await hire();
    await waitFor(() => fired()[0]! > 0);
    await platform.operations.cancel(hired.operationId);
    await expectNever(hired, 'cancelled', 'Cancelled');
    // The attempts that hung go on now.
    platform.faults.set();
    await waitFor(() =>
      platform.log.find((entry) => entry['operationId'] === hired.operationId && entry['errorType'] === 'StepFenced'),
    );
    await expectNever(hired, 'cancelled', 'Cancelled');
  });

  test('after the effect is completed: what happened is never called cancelled', async () => {
    // The first attempt commits and is never heard of; the second one does not get to the database.
    platform.faults.set(
      { activity: STEP, point: 'after-commit', action: { kind: 'hang' }, times: 1 },
      { activity: STEP, point: 'before-transaction', action: { kind: 'hang' }, skip: 1 },
    );
    const hired = await hire();
    await waitFor(() => fired().every((times) => times > 0));
    await platform.operations.cancel(hired.operationId);
    await expectHappened(hired);
  });
});

describe('that is reset', () => {
  test('finds its effect done', async () => {
    const hired = await hire();
    const { result } = await ending(hired);
    await resetToTheBeginning(hired);
    expect((await ending(hired)).result).toEqual(result);
    await expectHappened(hired);
  });

  test('after a failure finds its door closed', async () => {
    platform.faults.set({
      activity: STEP,
      point: 'before-transaction',
      action: { kind: 'failure', type: 'DatabaseRefused' },
    });
    const hired = await hire();
    await expectNever(hired, 'failed', 'DatabaseRefused');
    platform.faults.set();
    await resetToTheBeginning(hired);
    await expectNever(hired, 'failed', 'StepFenced');
  });
});
