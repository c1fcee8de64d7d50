import { randomUUID } from 'node:crypto';
import { waitUntil } from '@adx/local-parts';
import type { TokenRequest } from '@adx/local-parts';
import { openTenant, startTestPlatform } from '@adx/testing';
import type { OpenTenant, TestPlatform } from '@adx/testing';
import { openGateway } from './test-gateway.ts';
import type { TestGateway } from './test-gateway.ts';

// Users, plans and notifications through the gateway, by real services on a real database.

let platform: TestPlatform;
let gateway: TestGateway;
let acme: OpenTenant;
let bolt: OpenTenant;
/** The first owners. */
let ada: TokenRequest;
let bob: TokenRequest;
beforeAll(async () => {
  platform = await startTestPlatform();
  gateway = await openGateway(platform);
  [acme, bolt] = await Promise.all([openTenant(platform), openTenant(platform)]);
  ada = person(acme.tenantId, acme.ownerId);
  bob = person(bolt.tenantId, bolt.ownerId);
});
afterAll(async () => {
  await gateway?.close();
  await platform?.stop();
});

const email = () => `${randomUUID()}@acme.example`;
const rows = async (sql: string, ...values: unknown[]) =>
  (await platform.database.superuser.query(sql, values)).rows as unknown[];
const rolesOf = async (userId: string) =>
  (await rows('select roles from "user".access_member where subject = $1', userId)) as { roles: string[] }[];

const person = (tenant: string, sub: string, role: 'owner' | 'member' = 'owner'): TokenRequest => ({
  role,
  tenant,
  sub,
});

/** Asks as somebody, and waits for the end of a process. */
function ask(as: TokenRequest, route: string, body?: object, key: string = randomUUID()) {
  const [method, path] = route.split(' ') as ['GET' | 'POST' | 'PATCH' | 'DELETE', string];
  const headers = method === 'GET' ? {} : { 'idempotency-key': key, prefer: 'wait=30' };
  return gateway.ask(method, path, { as, headers, ...(body ? { body } : {}) });
}

async function create(as: TokenRequest, body: object): Promise<string> {
  const answer = await ask(as, 'POST /v1/users', body);
  expect(answer).toMatchObject({ status: 200, body: { status: 'completed' } });
  return (answer.body['result'] as { userId: string }).userId;
}

describe('users', () => {
  test('are created, shown, changed and deleted, and may act exactly as long as they are there', async () => {
    const address = email();
    const userId = await create(ada, { email: address });
    const shown = await ask(ada, `GET /v1/users/${userId}`);
    expect(shown).toMatchObject({ status: 200, body: { userId, email: address, role: 'member' } });
    expect(await rolesOf(userId)).toEqual([{ roles: ['member'] }]);

    const other = email();
    const change = { email: other, role: 'owner' };
    expect(await ask(ada, `PATCH /v1/users/${userId}`, change)).toMatchObject({ status: 200 });
    expect((await ask(ada, `GET /v1/users/${userId}`)).body).toMatchObject(change);
    expect(await rolesOf(userId)).toEqual([{ roles: ['owner'] }]);

    expect(await ask(ada, `DELETE /v1/users/${userId}`)).toMatchObject({ status: 200 });
    expect((await ask(ada, `GET /v1/users/${userId}`)).status).toBe(404);
    expect(await rolesOf(userId)).toEqual([]);
  });

  test('are listed page by page, those of the own tenant only', async () => {
    const made = await Promise.all([1, 2, 3].map(() => create(bob, { email: email() })));
    const seen: string[] = [];
    let page: string | undefined;
    do {
      const { body } = await ask(bob, `GET /v1/users?limit=2${page ? `&page=${page}` : ''}`);
      seen.push(...(body['users'] as { userId: string }[]).map(({ userId }) => userId));
      page = body['nextPage'] as string | undefined;
    } while (page !== undefined);
    expect(seen).toEqual([...made, bolt.ownerId].sort());
    for (const foreign of made) {
      expect((await ask(ada, `GET /v1/users/${foreign}`)).status).toBe(404);
      expect((await ask(ada, `DELETE /v1/users/${foreign}`)).status).toBe(404);
    }
  });

  test('of one tenant have different addresses, those of two may have the same', async () => {
    const taken = email();
    await create(ada, { email: taken });
    const again = await ask(ada, 'POST /v1/users', { email: taken });
    expect(again).toMatchObject({ status: 409, body: { code: 'user.EmailTaken', operationStatus: 'failed' } });
    const userId = await create(ada, { email: email() });
    const changed = await ask(ada, `PATCH /v1/users/${userId}`, { email: taken });
    expect(changed).toMatchObject({ status: 409, body: { code: 'user.EmailTaken' } });
    await create(bob, { email: taken });
  });

  test('leave a tenant its last owner', async () => {
    const { ownerId } = acme;
    for (const route of [`DELETE /v1/users/${ownerId}`, `PATCH /v1/users/${ownerId}`]) {
      const body = route.startsWith('PATCH') ? { role: 'member' } : undefined;
      const answer = await ask(ada, route, body);
      expect(answer).toMatchObject({ status: 409, body: { code: 'user.LastOwner', details: { userId: ownerId } } });
    }
    expect(await rolesOf(ownerId)).toEqual([{ roles: ['owner'] }]);
  });

  test('leave a tenant an owner also when two demote each other at the same moment', async () => {
    const { tenantId, ownerId } = await openTenant(platform);
    const first = person(tenantId, ownerId);
    const secondId = await create(first, { email: email(), role: 'owner' });
    const second = person(tenantId, secondId);
    // The first one has written and not committed when the second one looks.
    platform.faults.set({ activity: 'changeUser', point: 'in-transaction', action: { kind: 'hang' }, times: 1 });
    const demoted = ask(first, `PATCH /v1/users/${secondId}`, { role: 'member' });
    await waitUntil(() => platform.faults.fired()[0] === 1 || undefined, { within: 20_000 });
    let answered = false;
    const demoting = ask(second, `PATCH /v1/users/${ownerId}`, { role: 'member' }).finally(() => (answered = true));
    const waits = `select 1 from pg_locks where not granted and locktype in ('transactionid', 'tuple')`;
    await waitUntil(async () => answered || (await rows(waits)).length > 0 || undefined, { within: 20_000 });
    platform.faults.set();
    const answers = await Promise.all([demoted, demoting]);
    expect(answers.map(({ status }) => status)).toContain(200);
    const owners = await rows(`select 1 from "user".app_user where tenant_id = $1 and role = 'owner'`, tenantId);
    expect(owners).toHaveLength(1);
  });

  test('may do what the service knows of them, not what a token says', async () => {
    const userId = await create(ada, { email: email(), role: 'member' });
    const boastful = person(acme.tenantId, userId);
    const denied = await ask(boastful, 'POST /v1/users', { email: email() });
    expect(denied).toMatchObject({ status: 403, body: { code: 'TenantAccessDenied', operationStatus: 'failed' } });
  });

  test('cannot be changed while the tenant is suspended', async () => {
    const { tenantId, ownerId } = await openTenant(platform);
    const token = person(tenantId, ownerId);
    await rows(`update "user".access_tenant set status = 'suspended' where tenant_id = $1`, tenantId);
    expect(await ask(token, 'POST /v1/users', { email: email() })).toMatchObject({
      status: 403,
      body: { code: 'TenantAccessDenied' },
    });
  });
});

describe('the plan', () => {
  test('is changed together with the rate limits of the tenant, and never to what it is', async () => {
    const route = `POST /v1/tenants/${acme.tenantId}/plan`;
    const key = randomUUID();
    const changed = await ask(ada, route, { plan: 'enterprise' }, key);
    expect(changed).toMatchObject({ status: 200, body: { result: { plan: 'enterprise' } } });
    expect((await ask(ada, `GET /v1/tenants/${acme.tenantId}`)).body).toMatchObject({ plan: 'enterprise' });
    expect(await rows('select plan from tenant.rate_plan where tenant_id = $1', acme.tenantId)).toEqual([
      { plan: 'enterprise' },
    ]);
    const repeated = await ask(ada, route, { plan: 'enterprise' }, key);
    expect(repeated.body).toEqual(changed.body);
    const unchanged = await ask(ada, route, { plan: 'enterprise' });
    expect(unchanged).toMatchObject({ status: 409, body: { code: 'tenant.PlanUnchanged' } });
  });

  test('of another tenant is nobody’s business', async () => {
    expect((await ask(bob, `POST /v1/tenants/${acme.tenantId}/plan`, { plan: 'free' })).status).toBe(404);
  });
});

describe('notifications', () => {
  const send = (userId: string, subject: string) =>
    ask(ada, 'POST /v1/notifications', { userId, subject, body: 'There you are.' });

  test('are listed to their recipient only, newest first', async () => {
    for (const subject of ['one', 'two', 'three']) {
      expect(await send(acme.ownerId, subject)).toMatchObject({ status: 200, body: { status: 'completed' } });
    }
    const subjects = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) =>
      (body['notifications'] as { subject: string }[]).map(({ subject }) => subject);
    const first = await ask(ada, 'GET /v1/notifications?limit=2');
    expect(subjects(first)).toEqual(['three', 'two']);
    const rest = await ask(ada, `GET /v1/notifications?limit=2&page=${String(first.body['nextPage'])}`);
    expect(subjects(rest)).toEqual(['one']);
    expect(rest.body['nextPage']).toBeUndefined();
    const colleague = person(acme.tenantId, randomUUID(), 'member');
    for (const token of [bob, colleague]) {
      expect(subjects(await ask(token, 'GET /v1/notifications'))).toEqual([]);
    }
  });

  test('go to members of the own tenant', async () => {
    expect(await send(bolt.ownerId, 'hello')).toMatchObject({
      status: 409,
      body: { code: 'notification.RecipientUnknown', details: { userId: bolt.ownerId } },
    });
  });
});

test('an effect and its audit entry are one, of a denied attempt too', async () => {
  const taken = email();
  await create(ada, { email: taken });
  const { body } = await ask(ada, 'POST /v1/users', { email: taken });
  const audit = (await rows(
    `select outcome from "user".audit_pending where operation_id = $1
      union all select outcome from "user".audit where operation_id = $1`,
    body['operationId'],
  )) as { outcome: string }[];
  expect(audit).toEqual([{ outcome: 'failed' }]);
});
