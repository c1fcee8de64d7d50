import { randomUUID } from 'node:crypto';
import type { TokenRequest } from '@adx/local-parts';
import { waitUntil } from '@adx/local-parts';
import {
  addMembers,
  openTenant,
  projected,
  startCrashingWorker,
  startTenantStatusChange,
  startTestPlatform,
} from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import { openGateway } from './test-gateway.ts';
import type { TestGateway } from './test-gateway.ts';

// A message to every member of a tenant, through the gateway: each has it once, whatever happens on the way.

let platform: TestPlatform;
let gateway: TestGateway;
beforeAll(async () => {
  platform = await startTestPlatform();
  gateway = await openGateway(platform);
});
afterAll(async () => {
  await gateway?.close();
  await platform?.stop();
});
afterEach(() => platform.faults.set());

interface Tenant {
  readonly tenantId: string;
  readonly owner: TokenRequest;
  /** Everybody, in the order in which they are written to. */
  readonly members: readonly string[];
}

async function tenantOf(members: number): Promise<Tenant> {
  const { tenantId, ownerId } = await openTenant(platform);
  await projected(platform.database, tenantId);
  const others = await addMembers(platform.database, tenantId, members - 1);
  return {
    tenantId,
    owner: { role: 'owner', tenant: tenantId, sub: ownerId },
    members: [...others, ownerId].toSorted(),
  };
}

async function ask<T = Record<string, unknown>>(
  route: string,
  as: TokenRequest,
  { body, key = randomUUID() }: { readonly body?: object; readonly key?: string } = {},
): Promise<{ readonly status: number; readonly body: T }> {
  const [method, path] = route.split(' ') as ['GET' | 'POST', string];
  const headers = method === 'GET' ? {} : { 'idempotency-key': key };
  return (await gateway.ask(method, path, { as, headers, ...(body ? { body } : {}) })) as { status: number; body: T };
}

const NEWS = { subject: 'News', body: 'For all of you.' };
async function start({ owner }: Tenant, more: { readonly body?: object; readonly key?: string } = {}): Promise<string> {
  const answer = await ask('POST /v1/broadcasts', owner, { body: NEWS, ...more });
  expect([answer.status, answer.body]).toEqual([202, expect.anything()]);
  return String(answer.body['operationId']);
}
async function ended(operationId: string) {
  expect(await platform.operations.ended(operationId, 60_000)).toBe(true);
  return (await platform.operations.get(operationId))!;
}
const show = async ({ owner }: Tenant, operationId: string) =>
  (await ask(`GET /v1/broadcasts/${operationId}`, owner)).body;

/** Who has how many messages of broadcasts. */
async function messages({ tenantId }: Tenant): Promise<Record<string, number>> {
  const { rows } = await platform.database.superuser.query<{ user_id: string; count: number }>(
    `select user_id, count(*)::int from notification.notification
       where tenant_id = $1 and broadcast_id is not null group by user_id`,
    [tenantId],
  );
  return Object.fromEntries(rows.map(({ user_id, count }) => [user_id, count]));
}
const oneEach = (members: readonly string[]) => Object.fromEntries(members.map((userId) => [userId, 1]));

/** Holds a batch until the faults are set anew. */
async function hold(tenant: Tenant, skip: number): Promise<string> {
  platform.faults.set({
    activity: 'broadcastBatch',
    point: 'before-transaction',
    action: { kind: 'hang' },
    skip,
    times: 1,
  });
  const operationId = await start(tenant);
  await until(() => platform.faults.fired()[0] === 1);
  return operationId;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const found = await waitUntil(async () => ((await holds()) ? true : undefined), { within: 20_000 });
  if (!found) throw new Error('what was waited for did not happen');
}

test('1,204 members in three pages have the message once each, in their lists', async () => {
  const tenant = await tenantOf(1_204);
  const operationId = await start(tenant);
  expect(await ended(operationId)).toMatchObject({
    status: 'completed',
    result: { total: 1_204, processed: 1_204, sent: 1_204, failed: 0 },
  });
  expect(await show(tenant, operationId)).toMatchObject({
    operationId,
    status: 'completed',
    total: 1_204,
    processed: 1_204,
    sent: 1_204,
    failed: 0,
    percentage: 100,
  });
  expect(await messages(tenant)).toEqual(oneEach(tenant.members));
  const member: TokenRequest = { role: 'member', tenant: tenant.tenantId, sub: tenant.members[700]! };
  expect((await ask('GET /v1/notifications', member)).body).toMatchObject({ notifications: [NEWS] });
  expect((await ask(`GET /v1/broadcasts/${operationId}/failures`, tenant.owner)).body).toEqual({ failures: [] });
  const { events } = await platform.client.workflow.getHandle(operationId).fetchHistory();
  const scheduled = events!.filter((event) => event.activityTaskScheduledEventAttributes);
  expect(scheduled).toHaveLength(6);
  // Who has started it is told of each tenth that a page has passed, and of the end.
  const list = (await ask<{ notifications: { subject: string }[] }>('GET /v1/notifications', tenant.owner)).body;
  expect(list.notifications.map(({ subject }) => subject).filter((subject) => subject !== NEWS.subject)).toEqual([
    'Your broadcast is done',
    'Your broadcast is at 80 %',
    'Your broadcast is at 40 %',
  ]);
});

test('by e-mail each member has one mail, and a member who joined later none', async () => {
  const tenant = await tenantOf(4);
  const subject = `News ${randomUUID()}`;
  platform.faults.set({ activity: 'openBroadcast', point: 'after-commit', action: { kind: 'hang' }, times: 1 });
  const operationId = await start(tenant, { body: { ...NEWS, subject, channels: ['email'] } });
  await until(() => platform.faults.fired()[0] === 1);
  await platform.database.superuser.query(
    `insert into "user".app_user (tenant_id, user_id, email, role) values ($1, uuidv7(), 'late@members.example', 'member')`,
    [tenant.tenantId],
  );
  platform.faults.set();
  expect(await ended(operationId)).toMatchObject({ status: 'completed', result: { total: 4, sent: 4 } });
  const mails = () => platform.inbox.messages().filter((mail) => mail.subject === subject);
  await until(() => mails().length >= 4);
  expect(new Set(mails().map(({ to }) => to)).size).toBe(4);
  expect(mails().map(({ deliveries }) => deliveries)).toEqual([1, 1, 1, 1]);
  // It is in nobody's list.
  const sub = tenant.members.find((userId) => userId !== tenant.owner.sub)!;
  const member: TokenRequest = { role: 'member', tenant: tenant.tenantId, sub };
  expect((await ask('GET /v1/notifications', member)).body).toEqual({ notifications: [] });
});

test('the same request is the same broadcast, another one under its key is refused', async () => {
  const tenant = await tenantOf(2);
  const key = randomUUID();
  const operationId = await start(tenant, { key });
  await ended(operationId);
  expect(await start(tenant, { key })).toBe(operationId);
  const other = await ask('POST /v1/broadcasts', tenant.owner, { key, body: { ...NEWS, body: 'Never mind.' } });
  expect([other.status, other.body['code']]).toEqual([422, 'IdempotencyKeyReused']);
  expect(await messages(tenant)).toEqual(oneEach(tenant.members));
});

test('a member who has left is on record, and all others have the message', async () => {
  const tenant = await tenantOf(12);
  const gone = tenant.members.find((userId) => userId !== tenant.owner.sub)!;
  await platform.database.superuser.query(
    `update notification.access_member set roles = '{}' where tenant_id = $1 and subject = $2`,
    [tenant.tenantId, gone],
  );
  const operationId = await start(tenant);
  expect(await ended(operationId)).toMatchObject({
    status: 'completed-with-errors',
    result: { total: 12, processed: 12, sent: 11, failed: 1 },
  });
  expect((await ask(`GET /v1/broadcasts/${operationId}/failures`, tenant.owner)).body).toEqual({
    failures: [{ userId: gone, reason: 'MemberRemoved' }],
  });
  expect(await messages(tenant)).toEqual(oneEach(tenant.members.filter((userId) => userId !== gone)));
});

test('a batch that fails for good is on record, page by page, and the rest have the message', async () => {
  const tenant = await tenantOf(602);
  platform.faults.set({
    activity: 'broadcastBatch',
    point: 'in-transaction',
    action: { kind: 'failure', type: 'DatabaseRefused' },
    skip: 1,
    times: 1,
  });
  const operationId = await start(tenant);
  expect(await ended(operationId)).toMatchObject({
    status: 'completed-with-errors',
    result: { total: 602, sent: 500, failed: 102 },
  });
  expect(platform.faults.fired()).toEqual([1]);
  const page = async (query: string) =>
    (
      await ask<{ failures: { userId: string; reason: string }[]; nextPage?: string }>(
        `GET /v1/broadcasts/${operationId}/failures?limit=100${query}`,
        tenant.owner,
      )
    ).body;
  const first = await page('');
  const second = await page(`&page=${first.nextPage}`);
  expect([first.failures.length, second.failures.length, second.nextPage]).toEqual([100, 2, undefined]);
  expect([...first.failures, ...second.failures]).toEqual(
    tenant.members.slice(500).map((userId) => ({ userId, reason: 'BatchFailed' })),
  );
  expect(await messages(tenant)).toEqual(oneEach(tenant.members.slice(0, 500)));
});

test('a batch that committed and yet counts as failed is not on record as failed', async () => {
  const tenant = await tenantOf(3);
  platform.faults.set({
    activity: 'broadcastBatch',
    point: 'after-commit',
    action: { kind: 'failure', type: 'DatabaseRefused' },
    times: 1,
  });
  const operationId = await start(tenant);
  expect(await ended(operationId)).toMatchObject({ status: 'completed', result: { total: 3, sent: 3, failed: 0 } });
  expect(platform.faults.fired()).toEqual([1]);
  expect(await messages(tenant)).toEqual(oneEach(tenant.members));
});

describe('a broadcast under way', () => {
  const post = (tenant: Tenant, operationId: string, what: string) =>
    ask(`POST /v1/broadcasts/${operationId}/${what}`, tenant.owner);

  test('pauses after the batch it is at, resumes, and can do neither when it has ended', async () => {
    const tenant = await tenantOf(1_100);
    const operationId = await hold(tenant, 1);
    expect((await post(tenant, operationId, 'pause')).status).toBe(202);
    await until(async () => (await show(tenant, operationId))['status'] === 'pausing');
    platform.faults.set();
    await until(async () => (await show(tenant, operationId))['status'] === 'paused');
    expect(await show(tenant, operationId)).toMatchObject({ processed: 1_000, sent: 1_000, percentage: 90 });
    expect(await messages(tenant)).toEqual(oneEach(tenant.members.slice(0, 1_000)));
    expect((await post(tenant, operationId, 'resume')).status).toBe(202);
    expect((await ended(operationId)).status).toBe('completed');
    expect(await messages(tenant)).toEqual(oneEach(tenant.members));
    const late = await post(tenant, operationId, 'pause');
    expect([late.status, late.body['code']]).toEqual([409, 'OperationClosed']);
  });

  test('is cancelled in the middle of a batch: what was sent stays, and the late batch does nothing', async () => {
    const tenant = await tenantOf(1_100);
    const operationId = await hold(tenant, 1);
    expect((await post(tenant, operationId, 'cancellation')).status).toBe(202);
    expect(await ended(operationId)).toMatchObject({
      status: 'cancelled',
      result: { total: 1_100, processed: 500, sent: 500, failed: 0 },
      progress: { processed: 500, percentage: 45 },
      error: { type: 'Cancelled' },
    });
    // The attempt that hung goes on now, after the end.
    platform.faults.set();
    await until(() => platform.log.some((entry) => JSON.stringify(entry).includes('BroadcastClosed')));
    expect(await messages(tenant)).toEqual(oneEach(tenant.members.slice(0, 500)));
    expect((await post(tenant, operationId, 'cancellation')).status).toBe(202);
  });

  test('ends when its tenant is suspended: who has the message keeps it, and nobody else gets it', async () => {
    const tenant = await tenantOf(600);
    const { tenantId } = tenant;
    const operationId = await hold(tenant, 1);
    expect(
      await ended((await startTenantStatusChange(platform, 'suspendTenant', { tenantId })).operationId),
    ).toMatchObject({ status: 'completed' });
    platform.faults.set();
    expect(await ended(operationId)).toMatchObject({
      status: 'failed',
      error: { type: 'TenantAccessDenied' },
      progress: { total: 600, processed: 500, percentage: 83 },
    });
    await ended((await startTenantStatusChange(platform, 'resumeTenant', { tenantId })).operationId);
    await projected(platform.database, tenantId);
    expect(await show(tenant, operationId)).toMatchObject({ status: 'failed', sent: 500, percentage: 83 });
    expect(await messages(tenant)).toEqual(oneEach(tenant.members.slice(0, 500)));
  });
});

test('one that is reset to its beginning has no second effect', async () => {
  const tenant = await tenantOf(502);
  const operationId = await start(tenant);
  const { result } = await ended(operationId);
  const { client } = platform;
  const handle = client.workflow.getHandle(operationId);
  const { events } = await handle.fetchHistory();
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: operationId, runId: (await handle.describe()).runId },
    workflowTaskFinishEventId: events!.find((event) => event.workflowTaskCompletedEventAttributes)!.eventId!,
    reason: 'test',
    requestId: randomUUID(),
  });
  expect(await ended(operationId)).toMatchObject({ status: 'completed', result });
  expect(await messages(tenant)).toEqual(oneEach(tenant.members));
});

// The last three: a worker that comes back has another port, which the gateway does not know.

test('waits for a user service that is down, and can be cancelled meanwhile', async () => {
  const tenant = await tenantOf(3);
  await platform.stopWorker('user');
  const called = await start(tenant);
  const patient = await start(tenant);
  for (const operationId of [called, patient]) {
    await until(async () => {
      const { steps = [] } = (await platform.operations.get(operationId)) ?? {};
      return steps.some(({ name, status }) => name === 'listMembers' && status === 'running');
    });
  }
  expect((await ask(`POST /v1/broadcasts/${called}/cancellation`, tenant.owner)).status).toBe(202);
  expect(await ended(called)).toMatchObject({ status: 'cancelled', result: { sent: 0, failed: 0 } });
  await platform.startWorker('user');
  expect(await ended(patient)).toMatchObject({ status: 'completed', result: { total: 3, sent: 3 } });
  expect(await messages(tenant)).toEqual(oneEach(tenant.members));
}, 120_000);

test('waits for the limits of its tenant, and a refusal costs no attempt', async () => {
  const tenant = await tenantOf(1_100);
  await platform.stopWorker('notification');
  const tight = { activity: { limit: 1, windowMs: 3_000 } };
  const limited = await platform.startAnother('notification', { ADX_RATE_LIMITS: JSON.stringify({ default: tight }) });
  try {
    const operationId = await start(tenant);
    expect(await ended(operationId)).toMatchObject({ status: 'completed', result: { sent: 1_100, failed: 0 } });
    const refused = platform.log.filter(
      (entry) => entry['operationId'] === operationId && entry['errorType'] === 'RateLimited',
    );
    // Three batches do not take so long that each has a window of its own.
    expect(refused.map((entry) => entry['activity'])).toContain('broadcastBatch');
    const { events } = await platform.client.workflow.getHandle(operationId).fetchHistory();
    const batches = events!
      .map((event) => event.activityTaskScheduledEventAttributes)
      .filter((scheduled) => scheduled?.activityType?.name === 'broadcastBatch');
    expect(batches).toHaveLength(3 + refused.length);
    expect(new Set(batches.map((scheduled) => scheduled?.retryPolicy?.maximumAttempts))).toEqual(new Set([3]));
    expect(await messages(tenant)).toEqual(oneEach(tenant.members));
  } finally {
    await limited.drain();
    await platform.startWorker('notification');
  }
}, 120_000);

test('a worker that is killed after a commit costs nobody a message, and nobody gets two', async () => {
  const tenant = await tenantOf(1_204);
  const worker = await startCrashingWorker(platform, 'notification', [
    { activity: 'broadcastBatch', point: 'after-commit', action: { kind: 'kill' }, skip: 1, times: 1 },
  ]);
  const operationId = await start(tenant);
  // Says itself whether its fault fired and whether it was SIGKILL.
  await worker.crashed();
  await platform.startWorker('notification');
  expect(await ended(operationId)).toMatchObject({
    status: 'completed',
    result: { total: 1_204, processed: 1_204, sent: 1_204, failed: 0 },
  });
  expect(await messages(tenant)).toEqual(oneEach(tenant.members));
  const { rows } = await platform.database.superuser.query(
    `select step, count(*)::int from (
       select step, outcome from notification.audit_pending where operation_id = $1
       union all select step, outcome from notification.audit where operation_id = $1) entries
       where outcome = 'succeeded' group by step order by step`,
    [operationId],
  );
  expect(rows).toEqual(
    ['broadcastBatch', 'broadcastBatch~2', 'broadcastBatch~3', 'closeBroadcast', 'openBroadcast'].map((step) => ({
      step,
      count: 1,
    })),
  );
}, 120_000);
