import { openGateway, until } from './gateway-harness.ts';
import type { Answer, Method, TestGateway } from './gateway-harness.ts';

const A = '11111111-1111-4111-8111-111111111111';

let gateway: TestGateway;
/** The ids of a request. */
interface Target {
  readonly tenantId: string;
  readonly operationId: string;
  readonly userId: string;
}
/** A tenant that exists, with its operation and a user. */
let b: Target;
beforeAll(async () => {
  gateway = await openGateway();
  const body = { slug: 'bolt', name: 'Bolt', ownerEmail: 'bo@bolt.example' };
  const headers = { prefer: 'wait=20' };
  const answer = await gateway.ask('POST', '/v1/tenants', { token: await gateway.operator(), body, headers });
  expect(answer.status).toBe(200);
  b = {
    tenantId: String(answer.body['tenantId']),
    operationId: String(answer.body['operationId']),
    userId: '33333333-3333-4333-8333-333333333333',
  };
  gateway.owners.tenants.set(b.tenantId, { slug: 'bolt' });
  gateway.owners.users.set(b.userId, b.tenantId);
});
afterAll(() => gateway.close());

const UNKNOWN: Target = {
  tenantId: '22222222-2222-4222-8222-222222222222',
  operationId: `${A}:onboardTenant:unknown`,
  userId: '44444444-4444-4444-8444-444444444444',
};

interface Route {
  readonly url: (target: Target) => string;
  readonly body?: object;
  /** Operators may not use it, whatever the id. */
  readonly notForOperators?: true;
}

/** Every route with an id in its path, and how to ask it; a new one without a line here fails the suite. */
const ROUTES: Record<string, Route> = {
  'GET /v1/tenants/:id': { url: ({ tenantId }) => `/v1/tenants/${tenantId}` },
  'POST /v1/tenants/:id/plan': {
    url: ({ tenantId }) => `/v1/tenants/${tenantId}/plan`,
    body: { plan: 'team' },
    notForOperators: true,
  },
  'POST /v1/tenants/:id/suspension': { url: ({ tenantId }) => `/v1/tenants/${tenantId}/suspension` },
  'POST /v1/tenants/:id/resumption': { url: ({ tenantId }) => `/v1/tenants/${tenantId}/resumption` },
  'POST /v1/tenants/:id/offboarding': { url: ({ tenantId }) => `/v1/tenants/${tenantId}/offboarding` },
  'GET /v1/tenants/:id/offboarding': { url: ({ tenantId }) => `/v1/tenants/${tenantId}/offboarding` },
  'POST /v1/tenants/:id/offboarding/withdrawal': {
    url: ({ tenantId }) => `/v1/tenants/${tenantId}/offboarding/withdrawal`,
  },
  'GET /v1/tenants/:id/offboarding/export': { url: ({ tenantId }) => `/v1/tenants/${tenantId}/offboarding/export` },
  'POST /v1/tenants/:id/erasures': {
    url: ({ tenantId }) => `/v1/tenants/${tenantId}/erasures`,
    body: { userId: '33333333-3333-4333-8333-333333333333' },
  },
  'GET /v1/users/:id': { url: ({ userId }) => `/v1/users/${userId}`, notForOperators: true },
  'PATCH /v1/users/:id': {
    url: ({ userId }) => `/v1/users/${userId}`,
    body: { role: 'owner' },
    notForOperators: true,
  },
  'DELETE /v1/users/:id': { url: ({ userId }) => `/v1/users/${userId}`, notForOperators: true },
  'GET /v1/operations/:id': { url: ({ operationId }) => `/v1/operations/${operationId}` },
  'POST /v1/operations/:id/cancellation': {
    url: ({ operationId }) => `/v1/operations/${operationId}/cancellation`,
  },
  ...Object.fromEntries(
    ['GET ', 'GET /failed-rows', 'POST /retry', 'POST /pause', 'POST /resume', 'POST /cancellation'].map((route) => {
      const [method, path = ''] = route.split(' ');
      return [
        `${method} /v1/user-imports/:id${path}`,
        { url: ({ userId }: Target) => `/v1/user-imports/${userId}${path}` },
      ];
    }),
  ),
  ...Object.fromEntries(
    ['GET ', 'GET /failures', 'POST /pause', 'POST /resume', 'POST /cancellation'].map((route) => {
      const [method, path = ''] = route.split(' ');
      const url = ({ operationId }: Target) =>
        `/v1/broadcasts/${operationId.replace(':onboardTenant:', ':broadcast:')}${path}`;
      return [`${method} /v1/broadcasts/:id${path}`, { url, notForOperators: true as const }];
    }),
  ),
  'POST /v1/operations/:id/steps/:step/resolution': {
    url: ({ operationId }) => `/v1/operations/${operationId}/steps/reserveTenant/resolution`,
    body: { action: 'retry', reason: 'none of their business' },
  },
  'GET /v1/needs-attention/:id': {
    url: ({ operationId }) => `/v1/needs-attention/${operationId}.reserveTenant`,
  },
  'POST /v1/needs-attention/:id/resolution': {
    url: ({ operationId }) => `/v1/needs-attention/${operationId}.reserveTenant/resolution`,
    body: { action: 'retry', reason: 'none of their business' },
  },
};

function request(route: string, token: string, target: Target): Promise<Answer> {
  const { url, body } = ROUTES[route]!;
  return gateway.ask(route.slice(0, route.indexOf(' ')) as Method, url(target), { token, ...(body ? { body } : {}) });
}

const sameButTrace = ({ status, body, headers }: Answer) => ({
  status,
  type: headers['content-type'],
  body: { ...body, traceId: undefined },
});

test('every route with an id is in this suite', () => {
  const { paths } = gateway.app.swagger() as { paths: Record<string, Record<string, unknown>> };
  const routes = Object.entries(paths)
    .filter(([path]) => path.includes('{'))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
    .map((route) => route.replaceAll(/\{(\w+)\}/g, ':$1'));
  expect(routes.sort()).toEqual(Object.keys(ROUTES).sort());
});

test.each(Object.keys(ROUTES))("answers another tenant's id as if there were none: %s", async (route) => {
  // Of the own tenant, the resolution says that it is for operators only.
  const operationId = route.includes('resolution') ? `${UNKNOWN.tenantId}:onboardTenant:unknown` : UNKNOWN.operationId;
  const token = await gateway.member(A);
  const foreign = await request(route, token, b);
  const unknown = await request(route, token, { ...UNKNOWN, operationId });
  // As long as an id may be: the router must not answer in the resource's place.
  const longId = `${UNKNOWN.tenantId}:${'t'.repeat(63)}:${'k'.repeat(128)}`;
  const long = await request(route, token, { ...UNKNOWN, operationId: longId, userId: longId });
  const malformed = await request(route, token, { tenantId: 'no-id', operationId: 'no-id', userId: 'no-id' });
  expect(foreign.status).toBe(404);
  expect(sameButTrace(foreign)).toEqual(sameButTrace(unknown));
  expect(sameButTrace(foreign)).toEqual(sameButTrace(long));
  expect(sameButTrace(foreign)).toEqual(sameButTrace(malformed));
});

test.each(Object.keys(ROUTES))('tells an operator nothing of what does not exist: %s', async (route) => {
  const answer = await request(route, await gateway.operator(), UNKNOWN);
  const refused = ROUTES[route]!.notForOperators ? [403, 'PermissionDenied'] : [404, 'NotFound'];
  expect([answer.status, answer.body['code']]).toEqual(refused);
});

test("starts no process for another tenant's ids", async () => {
  gateway.reset();
  const token = await gateway.member(A);
  for (const route of ['POST /v1/tenants/:id/plan', 'PATCH /v1/users/:id', 'DELETE /v1/users/:id']) {
    expect((await request(route, token, b)).status).toBe(404);
  }
  expect(gateway.calls).toEqual([]);
});

test("lists a tenant's users to its own people only", async () => {
  const users = async (tenant: string) =>
    (await gateway.ask('GET', '/v1/users', { token: await gateway.member(tenant, 'member') })).body['users'];
  expect(await users(b.tenantId)).toMatchObject([{ userId: b.userId }]);
  expect(await users(A)).toEqual([]);
});

test('shows a tenant and its operation to its own people and to operators', async () => {
  for (const token of [
    await gateway.member(b.tenantId, 'owner'),
    await gateway.member(b.tenantId, 'member'),
    await gateway.member(b.tenantId.toUpperCase(), 'member'),
    await gateway.operator(),
  ]) {
    const tenant = await request('GET /v1/tenants/:id', token, b);
    expect(tenant).toMatchObject({ status: 200, body: { tenantId: b.tenantId, slug: 'bolt' } });
    const operation = await request('GET /v1/operations/:id', token, b);
    expect(operation).toMatchObject({ status: 200, body: { operationId: b.operationId, status: 'completed' } });
  }
});

test("lists a tenant's operations to its own people only", async () => {
  const list = async (token: string, query = '') => gateway.ask('GET', `/v1/operations${query}`, { token });
  const tenants = ({ body }: Answer) => (body['operations'] as { tenantId: string }[]).map(({ tenantId }) => tenantId);
  const mine = await until(
    async () => list(await gateway.member(b.tenantId)),
    (answer) => tenants(answer).length > 0,
  );
  expect(tenants(mine)).toEqual([b.tenantId]);
  expect(tenants(await list(await gateway.member(A)))).toEqual([]);
  expect(tenants(await list(await gateway.operator(), `?tenant=${b.tenantId.toUpperCase()}`))).toEqual([b.tenantId]);
  const foreign = await list(await gateway.member(A), `?tenant=${b.tenantId}`);
  const unknown = await list(await gateway.member(A), `?tenant=${UNKNOWN.tenantId}`);
  expect(foreign.status).toBe(404);
  expect(sameButTrace(foreign)).toEqual(sameButTrace(unknown));
});
