import { randomUUID } from 'node:crypto';
import { waitUntil } from '@adx/local-parts';
import {
  SERVICES,
  openTenant,
  projected,
  rowsOfTenant,
  startInvitation,
  startOffboarding,
  startTestPlatform,
} from '@adx/testing';
import type { OpenTenant, TestPlatform } from '@adx/testing';
import { openGateway } from './test-gateway.ts';
import type { TestGateway } from './test-gateway.ts';

// A tenant leaves: closed to its people and withdrawn over HTTP, and, when nobody does, gone from everywhere.

let platform: TestPlatform;
let gateway: TestGateway;
beforeAll(async () => {
  platform = await startTestPlatform({ env: { ADX_OFFBOARDING_GRACE: '1h' } });
  gateway = await openGateway(platform);
});
afterAll(async () => {
  await gateway?.close();
  await platform?.stop();
});

/** WORKFLOW_EXECUTION_STATUS_RUNNING. */
const RUNNING = 1;
/** An hour is two seconds. */
const SHORT = 0.0005;
const key = () => ({ 'idempotency-key': randomUUID() });
const wait = () => ({ ...key(), prefer: 'wait=30' });

/** A tenant with something in every service. */
async function lively(): Promise<OpenTenant> {
  const tenant = await openTenant(platform);
  await projected(platform.database, tenant.tenantId);
  const as = { role: 'owner', tenant: tenant.tenantId, sub: tenant.ownerId } as const;
  const said = { userId: tenant.ownerId, subject: 'News', body: 'There are some.' };
  expect((await gateway.ask('POST', '/v1/notifications', { as, body: said, headers: wait() })).status).toBe(200);
  return tenant;
}

const ownerOf = ({ tenantId, ownerId }: OpenTenant) => ({ role: 'owner', tenant: tenantId, sub: ownerId }) as const;
const addUser = (tenant: OpenTenant, email: string) =>
  gateway.ask('POST', '/v1/users', { as: ownerOf(tenant), body: { email }, headers: wait() });

test('a tenant is closed to its people, who take its data along, until that is withdrawn', async () => {
  const tenant = await lively();
  const path = `/v1/tenants/${tenant.tenantId}/offboarding`;
  const before = await rowsOfTenant(platform, tenant.tenantId);
  expect((await gateway.ask('POST', path, { as: ownerOf(tenant), body: {}, headers: key() })).status).toBe(403);
  expect((await gateway.ask('GET', path)).status).toBe(404);
  const begun = await gateway.ask('POST', path, { body: {}, headers: key() });
  expect(begun).toMatchObject({ status: 202, body: { tenantId: tenant.tenantId } });
  const operationId = String(begun.body['operationId']);
  await waits(operationId);

  const shown = await gateway.ask('GET', path, { as: ownerOf(tenant) });
  expect(shown).toMatchObject({ status: 200, body: { operationId, status: 'running', withdrawable: true } });
  const { beganAt, removalAt } = shown.body as { beganAt: string; removalAt: string };
  expect(Date.parse(removalAt) - Date.parse(beganAt)).toBe(3_600_000);
  expect((await gateway.ask('GET', '/v1/users', { as: ownerOf(tenant) })).body['users']).toHaveLength(1);
  expect(await addUser(tenant, 'bo@acme.example')).toMatchObject({ body: { code: 'TenantAccessDenied' } });
  const suspension = `/v1/tenants/${tenant.tenantId}/suspension`;
  expect(await gateway.ask('POST', suspension, { body: {}, headers: wait() })).toMatchObject({
    body: { code: 'tenant.TenantBusy' },
  });
  const lines = await exported(path, ownerOf(tenant));
  expect(lines.map(({ service, table }) => `${service}.${table}`)).toEqual(
    expect.arrayContaining(['tenant.tenant', 'tenant.offboarding', 'user.app_user', 'notification.notification']),
  );
  expect(JSON.stringify(lines)).toContain(tenant.ownerEmail);

  const member = { ...ownerOf(tenant), role: 'member' } as const;
  expect((await gateway.ask('POST', `${path}/withdrawal`, { as: member, body: {}, headers: key() })).status).toBe(403);
  const withdrawn = await gateway.ask('POST', `${path}/withdrawal`, { as: ownerOf(tenant), body: {}, headers: key() });
  expect(withdrawn).toMatchObject({ status: 202, body: { operationId } });
  expect(await platform.operations.ended(operationId, 30_000)).toBe(true);
  expect(await platform.operations.get(operationId)).toMatchObject({ status: 'cancelled' });
  await projected(platform.database, tenant.tenantId);
  expect(await rowsOfTenant(platform, tenant.tenantId)).toEqual(before);
  expect((await gateway.ask('GET', `/v1/tenants/${tenant.tenantId}`)).body).toMatchObject({ status: 'active' });
  expect((await addUser(tenant, 'bo@acme.example')).status).toBe(200);
}, 60_000);

test('a tenant whose grace is over is gone from every service, its processes and its keys with it', async () => {
  const [tenant, other] = [await lively(), await lively()];
  const { tenantId } = tenant;
  const body = { events: [{ eventId: 'u1', type: 'usageReported', data: { units: 1 } }] };
  const subscribe = (of: OpenTenant) =>
    gateway.ask('POST', `/v1/subscription/events?tenant=${of.tenantId}`, { body, headers: wait() });
  const subscriptions = [String((await subscribe(tenant)).body['operationId'])];
  subscriptions.push(String((await subscribe(other)).body['operationId']));
  const before = await rowsOfTenant(platform, other.tenantId);

  const { operationId } = await startOffboarding(platform, { tenantId, boundsScale: SHORT });
  expect(await platform.operations.ended(operationId, 40_000)).toBe(true);
  expect(await platform.operations.get(operationId)).toMatchObject({ status: 'completed' });

  const schemas = SERVICES.map((service) => (service === 'user' ? '"user"' : service));
  const closed = Object.fromEntries(schemas.map((schema) => [`${schema}.access_tenant`, 1]));
  expect(await rowsOfTenant(platform, tenantId)).toEqual(closed);
  expect(await platform.encryption.keys.list(tenantId)).toMatchObject({ versions: [], destroyed: { versions: 1 } });
  expect(await Promise.all(subscriptions.map(isRunning))).toEqual([false, true]);
  const { rows } = await platform.database.superuser.query<{ said: string }>(
    `select input::text || coalesce(output::text, '') as said from "user".step_ledger where tenant_id = $1 and input is not null
       union all select input::text from notification.step_ledger where tenant_id = $1 and input is not null`,
    [tenantId],
  );
  expect(JSON.stringify(rows)).not.toContain(tenant.ownerEmail);
  expect((await gateway.ask('GET', `/v1/tenants/${tenantId}`)).status).toBe(404);
  expect((await gateway.ask('GET', `/v1/tenants/${tenantId}/offboarding`)).status).toBe(404);
  // The platform can still read what it did, though the tenant cannot be read any more.
  expect((await gateway.ask('GET', `/v1/operations/${operationId}`)).body).toMatchObject({ stale: false });

  expect(await rowsOfTenant(platform, other.tenantId)).toEqual(before);
  expect((await addUser(other, 'bo@acme.example')).status).toBe(200);
  await platform.client.workflow.getHandle(subscriptions[1]!).terminate();
}, 90_000);

test('a worker outlives an attempt of a tenant whose keys are destroyed meanwhile', async () => {
  const tenant = await lively();
  platform.faults.set({ activity: 'reserveSeat', point: 'before-transaction', action: { kind: 'hang' } });
  await startInvitation(platform, tenant, { boundsScale: 1 });
  expect(await waitUntil(() => platform.faults.fired()[0] === 1 || undefined, { within: 20_000 })).toBe(true);

  const { operationId } = await startOffboarding(platform, { tenantId: tenant.tenantId, boundsScale: SHORT });
  expect(await platform.operations.ended(operationId, 40_000)).toBe(true);
  // Its tenant is closed, which it has to tell somebody, and no key is left to tell it with.
  platform.faults.set();
  await lively();
}, 90_000);

/** By the server's own record, which nobody has to decrypt. */
async function isRunning(workflowId: string): Promise<boolean> {
  const { workflowService } = platform.rawClient;
  const { workflowExecutionInfo } = await workflowService.describeWorkflowExecution({
    namespace: 'default',
    execution: { workflowId },
  });
  return Number(workflowExecutionInfo?.status) === RUNNING;
}

async function waits(operationId: string): Promise<void> {
  for (const end = Date.now() + 30_000; ;) {
    const view = await platform.operations.get(operationId);
    if (view?.steps.some(({ name, status }) => name === 'wait' && status === 'waiting')) return;
    if (Date.now() > end) throw new Error(`it does not wait: ${JSON.stringify(view)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function exported(path: string, as: ReturnType<typeof ownerOf>) {
  const text = await gateway.text(`${path}/export`, as);
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { service: string; table: string; row: object });
}
