import { randomUUID } from 'node:crypto';
import { NO_TENANT } from '@adx/contract-kit';
import type { MaintenanceTask } from '@adx/contract-kit';
import { waitUntil } from '@adx/local-parts';
import { operatorPrincipal, startOnboarding, startTestPlatform, unique } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import { userContract } from '@adx/user-contract';
import type { RunningWorker } from '@adx/worker-runtime';

// The user service looks after its own data: what it finds, and what it does not.

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform?.stop());

const BOUND_MS = 60_000;
const sql = (text: string, values: readonly unknown[] = []) =>
  platform.database.superuser.query<Record<string, never>>(text, [...values]);

/** As its schedule would: in the name of the service, and of no tenant. */
async function maintain(task: MaintenanceTask) {
  const { operationId } = await platform.operations.start(userContract.workflows.maintain, {
    input: { task },
    principal: await platform.keys
      .serviceSigner('user')
      .sign({ sub: 'user', kind: 'service', tenantId: NO_TENANT, roles: [] }),
    subject: 'user',
    tenantId: NO_TENANT,
    idempotencyKey: unique(task),
  });
  expect(await platform.operations.ended(operationId, BOUND_MS)).toBe(true);
  const view = await platform.operations.get(operationId);
  expect(view).toMatchObject({ status: 'completed' });
  return view!.result as { found: number; opened: number; repaired: number; removed: Record<string, number> };
}

/** The open entry of a subject, once the index has it or has it no more. */
async function entryOf(subject: string, wanted: boolean) {
  const look = async () => {
    const { operations } = await platform.operations.list({
      status: 'needs-attention',
      tenantId: NO_TENANT,
      limit: 50,
    });
    const views = await Promise.all(operations.map(({ operationId }) => platform.operations.get(operationId)));
    const found = views.filter((view) => {
      const details = view?.attention?.[0]?.error.details as { readonly subject: string } | undefined;
      return details?.subject === subject;
    });
    expect(found.length).toBeLessThan(2);
    return found[0];
  };
  const last = await waitUntil(async () => ((await look()) !== undefined) === wanted || undefined, {
    within: BOUND_MS,
  });
  expect(last).toBe(true);
  return look();
}

async function onboarded() {
  const { operationId, tenantId } = await startOnboarding(platform);
  expect(await platform.operations.ended(operationId, BOUND_MS)).toBe(true);
  return { operationId, tenantId };
}

/** A step whose call has begun and never ended. */
async function plant(operationId: string, tenantId: string, step = 'callOut'): Promise<string> {
  await sql(
    `insert into "user".step_ledger
       (tenant_id, execution_key, step, operation_id, activity, state, attempt, lease_until)
       values ($1, $2 || '/run', $3, $2, $3, 'started', 1, now() - interval '2 hours')`,
    [tenantId, operationId, step],
  );
  return `${operationId}/${step}`;
}

async function answer(operationId: string, action: 'skip' | 'retry') {
  return platform.operations.resolve(operationId, {
    resolution: { step: 'confirmRepair', action, reason: 'looked into', fingerprint: action },
    call: { operationId, principal: await operatorPrincipal(platform, NO_TENANT) },
    updateId: randomUUID(),
  });
}

test('what does not fit is one entry, however often it is found, and goes once it is repaired', async () => {
  const { operationId, tenantId } = await onboarded();
  const subject = await plant(operationId, tenantId);
  expect(await maintain('reconciliation')).toMatchObject({ found: 1, opened: 1, repaired: 0 });
  const entry = await entryOf(subject, true);
  expect(entry!.attention).toMatchObject([
    {
      step: 'confirmRepair',
      phase: 'tail',
      actions: ['retry', 'skip', 'done-by-hand'],
      error: {
        type: 'user.FindingOpen',
        details: { kind: 'step-unfinished', subject, says: expect.stringContaining('has ended as completed') },
      },
    },
  ]);
  expect(await maintain('reconciliation')).toMatchObject({ found: 1, opened: 0, repaired: 0 });
  // A person who believes that it is repaired is told that it is not.
  expect(await answer(entry!.operationId, 'retry')).toMatchObject({ outcome: 'parked-again' });

  await sql(`delete from "user".step_ledger where tenant_id = $1 and step = 'callOut'`, [tenantId]);
  expect(await maintain('reconciliation')).toMatchObject({ found: 0, repaired: 1 });
  await entryOf(subject, false);
  expect(await platform.operations.get(entry!.operationId)).toMatchObject({ status: 'completed' });

  // The same thing once more is a new entry of the same name.
  await plant(operationId, tenantId);
  expect(await maintain('reconciliation')).toMatchObject({ opened: 1 });
  await sql(`delete from "user".step_ledger where tenant_id = $1 and step = 'callOut'`, [tenantId]);
  expect(await maintain('reconciliation')).toMatchObject({ repaired: 1 });
});

test('what a person leaves as it is does not come again, and what a process may still mend is no finding', async () => {
  const { operationId, tenantId } = await onboarded();
  const subject = await plant(operationId, tenantId);
  await maintain('reconciliation');
  const entry = await entryOf(subject, true);
  expect(await answer(entry!.operationId, 'skip')).toMatchObject({ outcome: 'resolved' });
  expect(await platform.operations.ended(entry!.operationId, BOUND_MS)).toBe(true);
  expect(await platform.operations.get(entry!.operationId)).toMatchObject({ status: 'completed-with-errors' });

  platform.faults.set({ activity: 'sendWelcome', point: 'before-transaction', action: { kind: 'hang' } });
  const running = await startOnboarding(platform, { boundsScale: 1 });
  await plant(running.operationId, running.tenantId);
  expect(await maintain('reconciliation')).toMatchObject({ found: 0, opened: 0 });
  platform.faults.set();
  expect(await platform.operations.ended(running.operationId, BOUND_MS)).toBe(true);
  expect(await maintain('reconciliation')).toMatchObject({ found: 1, opened: 1 });
  await sql(`delete from "user".step_ledger where step = 'callOut'`);
  expect(await maintain('reconciliation')).toMatchObject({ repaired: 1 });
});

test('an effect of a process that was ended from outside, a dead letter and an expired invitation are found', async () => {
  platform.faults.set({ activity: 'sendWelcome', point: 'before-transaction', action: { kind: 'hang' } });
  const ended = await startOnboarding(platform, { boundsScale: 1 });
  const created = async () =>
    (await sql(`select 1 from "user".step_ledger where operation_id = $1 and state = 'done'`, [ended.operationId]))
      .rowCount || undefined;
  await waitUntil(created, { within: BOUND_MS });
  await platform.client.workflow.getHandle(ended.operationId).terminate('a test');
  platform.faults.set();
  await sql(
    `insert into "user".outbox (tenant_id, event_id, kind, target, aggregate, seq, payload, attempts, dead_at)
       values ($1, gen_random_uuid(), 'event', 'service/tenant', 'user/none', 1, '{"type":"user.gone"}', 10, now())`,
    [ended.tenantId],
  );
  const invitation = `${ended.tenantId}:inviteUser:${unique('gone')}`;
  await sql(
    `insert into "user".invitation (tenant_id, operation_id, user_id, token_hash, created_at)
       values ($1, $2, gen_random_uuid(), 'x', now() - interval '9 days')`,
    [ended.tenantId, invitation],
  );
  await waitUntil(async () => ((await maintain('reconciliation')).found >= 3 ? true : undefined), { within: BOUND_MS });
  const left = await entryOf(ended.operationId, true);
  expect(left!.attention![0]!.error.details).toMatchObject({
    kind: 'step-not-undone',
    says: 'the operation was ended from outside, and has left createOwner done',
  });
  expect((await entryOf(invitation, true))!.attention![0]!.error.details).toMatchObject({
    kind: 'invitation-open',
    says: expect.stringContaining('nobody knows its operation'),
  });

  await sql(`delete from "user".outbox where dead_at is not null`);
  await sql(`delete from "user".invitation where operation_id = $1`, [invitation]);
  await sql(`update "user".step_ledger set state = 'undone' where operation_id = $1`, [ended.operationId]);
  expect(await maintain('reconciliation')).toMatchObject({ found: 0, repaired: 3 });
});

test('a broken audit chain and an entry that nobody seals are found by the audit check', async () => {
  const { tenantId } = await onboarded();
  const sealed = async () =>
    (await sql(`select 1 from "user".audit where tenant_id = $1`, [tenantId])).rowCount || undefined;
  await waitUntil(sealed, { within: BOUND_MS });
  await sql(`update "user".audit set actor = 'somebody else' where tenant_id = $1 and seq = 1`, [tenantId]);
  expect(await maintain('audit-check')).toMatchObject({ found: 1, opened: 1 });
  const entry = await entryOf(`${tenantId}/1`, true);
  expect(entry!.attention![0]!.error.details).toMatchObject({
    kind: 'audit-broken',
    says: 'the entry number 1 is not what was sealed',
  });
  // What a reconciliation does not look for, it does not close.
  expect(await maintain('reconciliation')).toMatchObject({ repaired: 0 });
});

test('retention removes old rows of what is over, and no others', async () => {
  const over = await onboarded();
  platform.faults.set({ activity: 'sendWelcome', point: 'before-transaction', action: { kind: 'hang' } });
  const running = await startOnboarding(platform, { boundsScale: 1 });
  const rowsOf = async (id: string) =>
    (await sql(`select 1 from "user".step_ledger where operation_id = $1`, [id])).rowCount;
  await waitUntil(async () => ((await rowsOf(running.operationId)) ? true : undefined), { within: BOUND_MS });
  // As old as can be; but Temporal still knows when one has ended, and whether one goes on.
  await sql(`update "user".step_ledger set created_at = created_at - interval '100 days'`);
  const forgotten = `${over.tenantId}:onboardTenant:${unique('forgotten')}`;
  await sql(
    `insert into "user".step_ledger (tenant_id, execution_key, step, operation_id, activity, state, attempt, created_at)
       select $1, $2 || '/run', 'createOwner', $2, 'createOwner', 'done', 1, now() - make_interval(days => age)
         from unnest(array[100]) age`,
    [over.tenantId, forgotten],
  );
  const uploadId = randomUUID();
  await sql(
    `insert into "user".user_import_upload (tenant_id, upload_id, began_at) values ($1, $2, now() - interval '31 days')`,
    [over.tenantId, uploadId],
  );
  await sql(
    `insert into "user".user_import_row (tenant_id, upload_id, row_number, line, email, role)
       select $1, $2, n, n, n || '@acme.example', 'member' from generate_series(1, 7) n`,
    [over.tenantId, uploadId],
  );
  const { removed } = await maintain('retention');
  expect(removed).toMatchObject({ 'staged rows': 7, uploads: 1 });
  expect(await rowsOf(forgotten)).toBe(0);
  expect(await rowsOf(over.operationId)).toBeGreaterThan(0);
  expect(await rowsOf(running.operationId)).toBeGreaterThan(0);
  platform.faults.set();
  expect(await platform.operations.ended(running.operationId, BOUND_MS)).toBe(true);
});

describe('the schedules of a service', () => {
  const cron = (reconciliation: string | null) =>
    JSON.stringify({ schedules: { reconciliation, 'audit-check': null, retention: null } });
  const schedules = async () => {
    const found: string[] = [];
    for await (const { scheduleId } of platform.client.schedule.list()) found.push(scheduleId);
    return found;
  };
  const described = () => platform.client.schedule.getHandle('user.reconciliation').describe();
  const workers: RunningWorker[] = [];
  const start = async (reconciliation: string | null) => {
    workers.push(await platform.startAnother('user', { ADX_MAINTENANCE: cron(reconciliation) }));
  };
  const drainAll = async () => void (await Promise.all(workers.splice(0).map((worker) => worker.drain())));
  afterEach(drainAll);
  const minutes = async () => (await described()).spec.calendars?.[0]?.minute;

  test('are made once, changed by a new definition, and removed by none; a paused one stays paused', async () => {
    await Promise.all([start('7 1 * * *'), start('7 1 * * *')]);
    // One of them has made it, the other one has found it.
    const found = async () => (await described().catch(() => undefined))?.info.lastUpdatedAt;
    expect(await waitUntil(found, { within: BOUND_MS })).toBeDefined();
    await platform.client.schedule.getHandle('user.reconciliation').pause('a test');
    await drainAll();

    await start('9 1 * * *');
    const isChanged = async () => ((await minutes())?.[0] as { start: number } | undefined)?.start === 9 || undefined;
    expect(await waitUntil(isChanged, { within: BOUND_MS })).toBe(true);
    expect((await described()).state).toMatchObject({ paused: true, note: 'a test' });
    expect(await schedules()).toEqual(['user.reconciliation']);

    // What it starts is an operation like any other.
    await platform.client.schedule.getHandle('user.reconciliation').trigger();
    const started = async () => (await described()).info.recentActions[0]?.action.workflow.workflowId;
    const operationId = (await waitUntil(started, { within: BOUND_MS }))!;
    expect(operationId).toMatch(/^0{8}-0{4}-0{4}-0{4}-0{12}:maintain:user-reconciliation-\d{4}-.*T\d\d:\d\d:\d\dZ$/);
    expect(await platform.operations.ended(operationId, BOUND_MS)).toBe(true);
    expect(await platform.operations.get(operationId)).toMatchObject({ status: 'completed', tenantId: NO_TENANT });
    await drainAll();

    await start(null);
    const isGone = async () => ((await schedules()).length === 0 ? true : undefined);
    expect(await waitUntil(isGone, { within: BOUND_MS })).toBe(true);
  });
});
