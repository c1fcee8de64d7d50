import { randomUUID } from 'node:crypto';
import type { TokenRequest } from '@adx/local-parts';
import { createOperations } from '@adx/operations';
import { importFile, openTenant, projected, startTestPlatform } from '@adx/testing';
import type { OpenTenant, TestPlatform } from '@adx/testing';
import { openGateway } from './test-gateway.ts';
import type { TestGateway } from './test-gateway.ts';

// Who was made a member after the onboarding is one in every service, and who was removed is one in none.

let platform: TestPlatform;
let gateway: TestGateway;
let acme: OpenTenant;
let ada: TokenRequest;
beforeAll(async () => {
  platform = await startTestPlatform();
  gateway = await openGateway(platform);
  acme = await openTenant(platform);
  ada = { role: 'owner', tenant: acme.tenantId, sub: acme.ownerId };
});
afterAll(async () => {
  await gateway?.close();
  await platform?.stop();
});

const email = () => `${randomUUID()}@acme.example`;

/** Waits for the end of a process, and for everything that it told the other services. */
async function ask(as: TokenRequest, route: string, body?: object) {
  const [method, path] = route.split(' ') as ['GET' | 'POST' | 'PATCH' | 'DELETE', string];
  const headers = method === 'GET' ? {} : { 'idempotency-key': randomUUID(), prefer: 'wait=30' };
  const answer = await gateway.ask(method, path, { as, headers, ...(body ? { body } : {}) });
  await projected(platform.database, acme.tenantId);
  return answer;
}
async function hire(role: 'member' | 'owner' = 'member') {
  const { body } = await ask(ada, 'POST /v1/users', { email: email(), role });
  const { userId } = body['result'] as { readonly userId: string };
  return { userId, token: { role, tenant: acme.tenantId, sub: userId } as const };
}
const hello = (userId: string) => ({ userId, subject: 'Hello', body: 'There you are.' });

test('a new user reads notifications and is sent some; a removed one neither', async () => {
  const { userId, token } = await hire();
  expect((await ask(token, 'GET /v1/notifications')).body).toEqual({ notifications: [] });
  expect(await ask(ada, 'POST /v1/notifications', hello(userId))).toMatchObject({ status: 200 });
  expect((await ask(token, 'GET /v1/notifications')).body).toMatchObject({ notifications: [{ subject: 'Hello' }] });

  expect(await ask(ada, `DELETE /v1/users/${userId}`)).toMatchObject({ status: 200 });
  // The token is still good, the messages are still there, and yet.
  expect((await ask(token, 'GET /v1/notifications')).body).toEqual({ notifications: [] });
  expect(await ask(ada, 'POST /v1/notifications', hello(userId))).toMatchObject({
    status: 409,
    body: { code: 'notification.RecipientUnknown' },
  });
});

test('another role is another one in every service', async () => {
  const { userId, token } = await hire();
  // What a token says is not what the services know.
  const boastful = { ...token, role: 'owner' } as const;
  const plan = { plan: 'enterprise' };
  expect((await ask(boastful, 'POST /v1/notifications', hello(acme.ownerId))).status).toBe(403);
  expect((await ask(boastful, `POST /v1/tenants/${acme.tenantId}/plan`, plan)).status).toBe(403);
  await ask(ada, `PATCH /v1/users/${userId}`, { role: 'owner' });
  expect((await ask(boastful, 'POST /v1/notifications', hello(acme.ownerId))).status).toBe(200);
  expect((await ask(boastful, `POST /v1/tenants/${acme.tenantId}/plan`, plan)).status).toBe(200);
  await ask(ada, `PATCH /v1/users/${userId}`, { role: 'member' });
  expect((await ask(boastful, 'POST /v1/notifications', hello(acme.ownerId))).status).toBe(403);
});

test('the users of an import are members everywhere, told in events of some hundred', async () => {
  const rows = Array.from({ length: 1_200 }, (_, n) => ({ email: email(), role: n % 12 === 0 ? 'owner' : 'member' }));
  const operations = createOperations({ client: platform.client });
  const { operationId } = await importFile(platform, operations, acme, rows);
  expect(await platform.operations.ended(operationId, 60_000)).toBe(true);
  await projected(platform.database, acme.tenantId);
  const { superuser } = platform.database;
  const emails = rows.map((row) => row.email);
  for (const service of ['tenant', 'notification']) {
    const { rows: known } = await superuser.query(
      `select u.role, count(*)::int from "user".app_user u join ${service}.access_member m
         on m.tenant_id = u.tenant_id and m.subject = u.user_id::text and m.roles = array[u.role]
         where u.tenant_id = $1 and u.email = any ($2) group by u.role order by u.role`,
      [acme.tenantId, emails],
    );
    expect(known).toEqual([
      { role: 'member', count: 1_100 },
      { role: 'owner', count: 100 },
    ]);
  }
  const { rows: told } = await superuser.query(
    `select count(*)::int from "user".outbox_sequence
       where tenant_id = $1 and target = 'service/notification' and aggregate like 'members/%'`,
    [acme.tenantId],
  );
  expect(told).toEqual([{ count: 4 }]);
  const { rows: some } = await superuser.query<{ user_id: string }>(
    'select user_id from "user".app_user where email = $1',
    [emails[1]],
  );
  const userId = some[0]!.user_id;
  expect((await ask(ada, 'POST /v1/notifications', hello(userId))).status).toBe(200);
  const token = { role: 'member', tenant: acme.tenantId, sub: userId } as const;
  expect((await ask(token, 'GET /v1/notifications')).body).toMatchObject({ notifications: [{ subject: 'Hello' }] });
});
