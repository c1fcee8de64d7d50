import { randomUUID } from 'node:crypto';
import { declaredError } from '@adx/contract-kit';
import { openGateway } from './gateway-harness.ts';
import type { Method, TestGateway } from './gateway-harness.ts';

// What every route of a process of one effect has in common, and how the Idempotency-Key goes with what is gone.

const TENANT = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';
const USER = '5d0f6a3e-5b0e-4f7c-8f55-0a4f1f6d9c11';
const waiting = { prefer: 'wait=20' };

let gateway: TestGateway;
let owner: string;
beforeAll(async () => {
  gateway = await openGateway();
  owner = await gateway.member(TENANT);
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.reset();
  gateway.owners.users.set(USER, TENANT);
});

type Case = readonly [method: Method, url: string, type: string, activity: string, body?: object];
const CASES: readonly Case[] = [
  ['POST', '/v1/users', 'createUser', 'addUser', { email: 'bo@acme.example', role: 'owner' }],
  ['PATCH', `/v1/users/${USER}`, 'updateUser', 'changeUser', { role: 'member' }],
  ['DELETE', `/v1/users/${USER}`, 'deleteUser', 'removeUser'],
  ['POST', `/v1/tenants/${TENANT}/plan`, 'changePlan', 'setPlan', { plan: 'team' }],
  [
    'POST',
    '/v1/notifications',
    'sendNotification',
    'writeNotification',
    { userId: USER, subject: 'Hello', body: 'Welcome aboard' },
  ],
];
const ask = ([method, url, , , body]: Case, more: object = {}) =>
  gateway.ask(method, url, { token: owner, ...(body ? { body } : {}), ...more });

describe.each(CASES.map((one) => [one[0], one[1], one] as const))('%s %s', (_method, _url, one) => {
  const [, , type, activity] = one;

  test('is accepted, and says where the operation can be watched', async () => {
    const { status, headers, body } = await ask(one);
    const { operationId, ...rest } = body;
    expect(status).toBe(202);
    expect(headers['location']).toBe(`/v1/operations/${String(operationId)}`);
    expect(String(operationId)).toMatch(new RegExp(`^${TENANT}:${type}:`));
    expect(rest).toEqual({ tenantId: TENANT });
  });

  test('answers with the result when the caller waits for it', async () => {
    const { status, body } = await ask(one, { headers: waiting });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'completed', type, steps: [{ name: activity, status: 'done' }] });
    expect(Object.keys(body['result'] as object)).toHaveLength(1);
  });

  test('answers with the declared error that its effect ended in', async () => {
    gateway.script(activity, () => {
      throw declaredError('user', 'LastOwner', { userId: USER });
    });
    const { status, headers, body } = await ask(one, { headers: waiting });
    expect(status).toBe(409);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({ code: 'user.LastOwner', operationStatus: 'failed', details: { userId: USER } });
  });

  test('gives a repeated request the same operation, and refuses its key for another one', async () => {
    const key = randomUUID();
    const first = await ask(one, { key, headers: waiting });
    const again = await ask(one, { key, headers: waiting });
    expect(again.body).toEqual(first.body);
    expect(gateway.calls.map((call) => call.activity)).toEqual([activity]);
  });

  test("acts as the caller in the caller's own tenant", async () => {
    await ask(one, { headers: waiting });
    expect(await gateway.verifier.verify(gateway.calls[0]!.call.principal)).toMatchObject({
      sub: `owner of ${TENANT}`,
      kind: 'user',
      roles: ['owner'],
      tenantId: TENANT,
    });
  });
});

describe('a process about something that must be there', () => {
  const remove: Case = CASES[2]!;

  test('does not begin when it is not', async () => {
    gateway.owners.users.delete(USER);
    expect((await ask(remove)).status).toBe(404);
    expect((await ask(CASES[1]!)).status).toBe(404);
    expect(gateway.calls).toEqual([]);
  });

  test('gives a repeated request its answer also when it is gone since', async () => {
    const key = randomUUID();
    const first = await ask(remove, { key, headers: waiting });
    gateway.owners.users.delete(USER);
    const again = await ask(remove, { key, headers: waiting });
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.body).toEqual(first.body);
    const other = await gateway.ask('DELETE', `/v1/users/${randomUUID()}`, { token: owner, key });
    expect([other.status, other.body['code']]).toEqual([422, 'IdempotencyKeyReused']);
  });
});

test('lists users and messages page by page', async () => {
  const users = await gateway.ask('GET', '/v1/users?limit=1', { token: owner });
  expect(users).toMatchObject({ status: 200, body: { users: [{ userId: USER }], nextPage: USER } });
  await gateway.ask('GET', `/v1/users?page=${USER}`, { token: owner });
  await gateway.ask('GET', `/v1/notifications?limit=5&page=${USER}`, { token: owner });
  expect(gateway.owners.asked.slice(-3)).toEqual([
    { read: 'listUsers', input: { limit: 1 } },
    { read: 'listUsers', input: { limit: 20, after: USER } },
    { read: 'listNotifications', input: { limit: 5, before: USER } },
  ]);
});
