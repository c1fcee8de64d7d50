import { declaredError } from '@adx/contract-kit';
import { ApplicationFailure } from '@temporalio/common';
import { openGateway, until } from './gateway-harness.ts';
import type { TestGateway } from './gateway-harness.ts';

let gateway: TestGateway;
let operator: string;
beforeAll(async () => {
  gateway = await openGateway();
  operator = await gateway.operator();
});
afterAll(() => gateway.close());
beforeEach(() => gateway.reset());

const acme = { slug: 'acme', name: 'Acme', ownerEmail: 'ann@acme.example' };
const waiting = { prefer: 'wait=20' };
const slugTaken = () => {
  throw declaredError('tenant', 'SlugTaken', { slug: 'acme' });
};

test('accepts an onboarding and says where it can be watched', async () => {
  const { status, headers, body } = await gateway.ask('POST', '/v1/tenants', { token: operator, body: acme });
  expect(status).toBe(202);
  expect(headers['location']).toBe(`/v1/operations/${String(body['operationId'])}`);
  expect(body['operationId']).toBe(
    `${String(body['tenantId'])}:onboardTenant:${String(body['operationId']).slice(-32)}`,
  );
  const finished = await until(
    () => gateway.ask('GET', String(headers['location']), { token: operator }),
    (answer) => answer.body['status'] === 'completed',
  );
  expect(finished.body).toMatchObject({ operationId: body['operationId'], stale: false, cancellable: false });
});

test('answers with the result when it is ready within the time the caller prefers to wait', async () => {
  const { status, headers, body } = await gateway.ask('POST', '/v1/tenants', {
    token: operator,
    body: acme,
    headers: waiting,
  });
  expect(status).toBe(200);
  expect(headers['preference-applied']).toBe('wait=20');
  expect(body).toMatchObject({ status: 'completed', type: 'onboardTenant', result: { tenantId: body['tenantId'] } });
  expect((body['steps'] as { name: string; status: string }[]).map(({ name, status: one }) => [name, one])).toEqual([
    ['reserveTenant', 'done'],
    ['activateTenant', 'done'],
  ]);
});

test('never says "later" of an operation that has ended, whatever it ended with', async () => {
  gateway.script('reserveTenant', () => {
    throw ApplicationFailure.nonRetryable('the database was away', 'DatabaseError');
  });
  const { status, headers, body } = await gateway.ask('POST', '/v1/tenants', {
    token: operator,
    body: acme,
    headers: waiting,
  });
  expect([status, body['code'], body['operationStatus']]).toEqual([500, 'DatabaseError', 'compensated']);
  expect(headers['retry-after']).toBeUndefined();
});

test('answers 202 when the time is up first, and never waits longer than half a minute', async () => {
  gateway.hang('reserveTenant');
  const { status, headers } = await gateway.ask('POST', '/v1/tenants', {
    token: operator,
    body: acme,
    headers: { prefer: 'respond-async, wait=0' },
  });
  expect([status, headers['preference-applied']]).toEqual([202, 'wait=0']);
  gateway.reset();
  const patient = await gateway.ask('POST', '/v1/tenants', {
    token: operator,
    body: acme,
    headers: { prefer: 'wait=999' },
  });
  expect([patient.status, patient.headers['preference-applied']]).toEqual([200, 'wait=30']);
});

test('answers with the problem that the operation ended with', async () => {
  gateway.script('reserveTenant', slugTaken);
  const { status, headers, body } = await gateway.ask('POST', '/v1/tenants', {
    token: operator,
    body: acme,
    headers: waiting,
  });
  expect(status).toBe(409);
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(headers['location']).toBe(`/v1/operations/${String(body['operationId'])}`);
  expect(body).toMatchObject({
    type: 'about:blank',
    title: 'Conflict',
    status: 409,
    code: 'tenant.SlugTaken',
    operationStatus: 'compensated',
    details: { slug: 'acme' },
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

test("gives a repeated request the first one's answer, whatever its order of fields and its spelled-out defaults", async () => {
  const key = crypto.randomUUID();
  const first = await gateway.ask('POST', '/v1/tenants', { token: operator, key, body: acme, headers: waiting });
  const again = await gateway.ask('POST', '/v1/tenants', {
    token: operator,
    key,
    body: { plan: 'free', ownerEmail: acme.ownerEmail, name: acme.name, slug: acme.slug },
    headers: waiting,
  });
  expect(again.status).toBe(200);
  expect(again.body).toEqual(first.body);
  expect(gateway.calls.map(({ activity }) => activity)).toEqual(['reserveTenant', 'activateTenant']);
});

test('gives a repeated request the same problem', async () => {
  gateway.script('reserveTenant', slugTaken);
  const key = crypto.randomUUID();
  const request = { token: operator, key, body: acme, headers: waiting };
  const first = await gateway.ask('POST', '/v1/tenants', request);
  const again = await gateway.ask('POST', '/v1/tenants', request);
  expect({ ...again.body, traceId: '' }).toEqual({ ...first.body, traceId: '' });
});

test('refuses a key that was used for another request', async () => {
  const key = crypto.randomUUID();
  await gateway.ask('POST', '/v1/tenants', { token: operator, key, body: acme });
  const { status, body } = await gateway.ask('POST', '/v1/tenants', {
    token: operator,
    key,
    body: { ...acme, slug: 'other' },
  });
  expect([status, body['code']]).toEqual([422, 'IdempotencyKeyReused']);
});

test('keeps the keys of two callers apart', async () => {
  const key = crypto.randomUUID();
  const mine = await gateway.ask('POST', '/v1/tenants', { token: operator, key, body: acme });
  const theirs = await gateway.ask('POST', '/v1/tenants', { token: await gateway.operator('otto'), key, body: acme });
  expect(theirs.status).toBe(202);
  expect(theirs.body['operationId']).not.toBe(mine.body['operationId']);
  expect(theirs.body['tenantId']).not.toBe(mine.body['tenantId']);
});

test('makes one operation of eight racing requests with one key', async () => {
  const key = crypto.randomUUID();
  const racers = await Promise.all(
    Array.from({ length: 8 }, () =>
      gateway.ask('POST', '/v1/tenants', { token: operator, key, body: acme, headers: waiting }),
    ),
  );
  expect(racers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  expect(new Set(racers.map(({ body }) => body['operationId'])).size).toBe(1);
  const effects = gateway.calls.filter(({ call }) => call.operationId === racers[0]!.body['operationId']);
  expect(effects.map(({ activity }) => activity)).toEqual(['reserveTenant', 'activateTenant']);
});

test("hands every effect the operator as its signed principal, on the new tenant, and the caller's trace", async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const { body } = await gateway.ask('POST', '/v1/tenants', {
    token: operator,
    body: acme,
    headers: { ...waiting, traceparent },
  });
  const { call } = gateway.calls[0]!;
  expect(call).toMatchObject({ operationId: body['operationId'], traceparent });
  expect(await gateway.verifier.verify(call.principal)).toMatchObject({
    sub: 'olga',
    kind: 'operator',
    roles: ['operator'],
    tenantId: body['tenantId'],
  });
});

test('keeps bodies, tokens and query values out of its log', async () => {
  await gateway.ask('POST', '/v1/tenants', { token: operator, body: acme, headers: waiting });
  await gateway.ask('POST', '/v1/tenants', { token: operator, body: { ...acme, ownerEmail: 'no address' } });
  await gateway.ask('GET', '/v1/operations?status=running&page=c2VjcmV0', { token: operator });
  const lines = gateway.log.map((line) => JSON.parse(line) as Record<string, unknown>);
  const routes = lines
    .filter(({ msg }) => msg === 'request')
    .map(({ method, route }) => `${String(method)} ${String(route)}`);
  expect(routes).toEqual(['POST /v1/tenants', 'POST /v1/tenants', 'GET /v1/operations']);
  for (const secret of ['ann@acme.example', 'no address', operator, 'c2VjcmV0']) {
    expect(gateway.log.join('')).not.toContain(secret);
  }
});
