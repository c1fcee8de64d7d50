import { openGateway, until } from './gateway-harness.ts';
import type { Answer, TestGateway } from './gateway-harness.ts';

const A = '11111111-1111-4111-8111-111111111111';

let gateway: TestGateway;
/** A tenant that exists, with its operation. */
let b: { readonly tenantId: string; readonly operationId: string };
beforeAll(async () => {
  gateway = await openGateway();
  const body = { slug: 'bolt', name: 'Bolt', ownerEmail: 'bo@bolt.example' };
  const headers = { prefer: 'wait=20' };
  const answer = await gateway.ask('POST', '/v1/tenants', { token: await gateway.operator(), body, headers });
  expect(answer.status).toBe(200);
  b = { tenantId: String(answer.body['tenantId']), operationId: String(answer.body['operationId']) };
  gateway.owner.tenants.set(b.tenantId, { slug: 'bolt' });
});
afterAll(() => gateway.close());

const UNKNOWN_TENANT = '22222222-2222-4222-8222-222222222222';
const UNKNOWN_OPERATION = `${A}:onboardTenant:unknown`;

/** Every route with an id in its path, and how to ask it; a new one without a line here fails the suite. */
const ROUTES: Record<
  string,
  { readonly url: (tenantId: string, operationId: string) => string; readonly body?: object }
> = {
  'GET /v1/tenants/:id': { url: (tenantId) => `/v1/tenants/${tenantId}` },
  'POST /v1/tenants/:id/suspension': { url: (tenantId) => `/v1/tenants/${tenantId}/suspension` },
  'POST /v1/tenants/:id/resumption': { url: (tenantId) => `/v1/tenants/${tenantId}/resumption` },
  'GET /v1/operations/:id': { url: (_tenantId, operationId) => `/v1/operations/${operationId}` },
  'POST /v1/operations/:id/cancellation': {
    url: (_tenantId, operationId) => `/v1/operations/${operationId}/cancellation`,
  },
  'POST /v1/operations/:id/steps/:step/resolution': {
    url: (_tenantId, operationId) => `/v1/operations/${operationId}/steps/reserveTenant/resolution`,
    body: { action: 'retry', reason: 'none of their business' },
  },
  'GET /v1/needs-attention/:id': {
    url: (_tenantId, operationId) => `/v1/needs-attention/${operationId}.reserveTenant`,
  },
  'POST /v1/needs-attention/:id/resolution': {
    url: (_tenantId, operationId) => `/v1/needs-attention/${operationId}.reserveTenant/resolution`,
    body: { action: 'retry', reason: 'none of their business' },
  },
};

function request(route: string, token: string, tenantId: string, operationId: string): Promise<Answer> {
  const { url, body } = ROUTES[route]!;
  const method = route.startsWith('POST') ? 'POST' : 'GET';
  return gateway.ask(method, url(tenantId, operationId), { token, ...(body ? { body } : {}) });
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
  const unknownId = route.includes('resolution') ? `${UNKNOWN_TENANT}:onboardTenant:unknown` : UNKNOWN_OPERATION;
  const token = await gateway.member(A);
  const foreign = await request(route, token, b.tenantId, b.operationId);
  const unknown = await request(route, token, UNKNOWN_TENANT, unknownId);
  // As long as an id may be: the router must not answer in the resource's place.
  const long = await request(route, token, UNKNOWN_TENANT, `${UNKNOWN_TENANT}:${'t'.repeat(63)}:${'k'.repeat(128)}`);
  const malformed = await request(route, token, 'no-id', 'no-id');
  expect(foreign.status).toBe(404);
  expect(sameButTrace(foreign)).toEqual(sameButTrace(unknown));
  expect(sameButTrace(foreign)).toEqual(sameButTrace(long));
  expect(sameButTrace(foreign)).toEqual(sameButTrace(malformed));
});

test.each(Object.keys(ROUTES))('answers an operator 404 for what does not exist: %s', async (route) => {
  const answer = await request(route, await gateway.operator(), UNKNOWN_TENANT, UNKNOWN_OPERATION);
  expect([answer.status, answer.body['code']]).toEqual([404, 'NotFound']);
});

test('shows a tenant and its operation to its own people and to operators', async () => {
  for (const token of [
    await gateway.member(b.tenantId, 'owner'),
    await gateway.member(b.tenantId, 'member'),
    await gateway.member(b.tenantId.toUpperCase(), 'member'),
    await gateway.operator(),
  ]) {
    const tenant = await request('GET /v1/tenants/:id', token, b.tenantId, b.operationId);
    expect(tenant).toMatchObject({ status: 200, body: { tenantId: b.tenantId, slug: 'bolt' } });
    const operation = await request('GET /v1/operations/:id', token, b.tenantId, b.operationId);
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
  const unknown = await list(await gateway.member(A), `?tenant=${UNKNOWN_TENANT}`);
  expect(foreign.status).toBe(404);
  expect(sameButTrace(foreign)).toEqual(sameButTrace(unknown));
});
