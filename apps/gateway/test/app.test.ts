import { createApp } from '../src/app.ts';
import type { GatewayParts } from '../src/gateway-parts.ts';
import { createLogger } from '@adx/telemetry';
import { HttpProblem } from '../src/problem.ts';
import { ask } from './gateway-harness.ts';

const unused = new Proxy({}, {}) as never;

/** An app whose parts are not asked by these tests. */
function parts(more: Partial<GatewayParts> = {}): GatewayParts {
  return {
    logger: createLogger({ service: 'gateway', level: 'silent' }),
    operations: unused,
    signer: unused,
    reads: unused,
    userImports: unused,
    uploadLimit: 1024,
    verifyToken: () => Promise.reject(new HttpProblem(401, 'TokenMissing', 'no token')),
    probes: {},
    ...more,
  };
}

test('refuses to boot when a route does not say who may use it', async () => {
  const app = await createApp(parts());
  app.get('/v1/forgotten', () => 'everything');
  app.post('/v1/forgotten-too', { config: {} }, () => 'everything');
  await expect(app.ready()).rejects.toThrow(/GET \/v1\/forgotten.*POST \/v1\/forgotten-too.*say config: \{ access/);
});

test('guards a route by the permission that it names', async () => {
  const app = await createApp(parts());
  app.get('/v1/guarded', { config: { access: 'operations:read' } }, () => ({ seen: true }));
  app.get('/v1/open', { config: { access: 'public' } }, () => ({ seen: true }));
  expect((await ask(app, 'GET', '/v1/guarded')).status).toBe(401);
  expect(await ask(app, 'GET', '/v1/open')).toMatchObject({ status: 200, body: { seen: true } });
  await app.close();
});

test('keeps what broke inside to itself, and says where to look', async () => {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'gateway',
    level: 'error',
    destination: { write: (line) => void lines.push(line) },
  });
  const app = await createApp(parts({ logger }));
  app.get('/broken', { config: { access: 'public' } }, () => {
    throw new Error('the password is 123');
  });
  const { status, body } = await ask(app, 'GET', '/broken');
  expect([status, body['code']]).toEqual([500, 'InternalError']);
  expect(JSON.stringify(body)).not.toContain('123');
  expect(lines.map((line) => (JSON.parse(line) as { traceId: string }).traceId)).toEqual([body['traceId']]);
  await app.close();
});

test("takes up the caller's trace", async () => {
  const app = await createApp(parts());
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  expect((await ask(app, 'GET', '/nothing', { headers })).body['traceId']).toBe(traceId);
  const broken = await ask(app, 'GET', '/nothing', { headers: { traceparent: 'mine' } });
  expect(broken.body['traceId']).toMatch(/^[0-9a-f]{32}$/);
  await app.close();
});

test('describes its routes as OpenAPI 3.1, from the contract, with their problems and headers', async () => {
  const app = await createApp(parts());
  const { status, body } = await ask(app, 'GET', '/openapi.json');
  expect(status).toBe(200);
  expect(body['openapi']).toBe('3.1.0');
  const paths = body['paths'] as Record<string, Record<string, Record<string, unknown>>>;
  expect(
    Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`)),
  ).toEqual(
    // Services that were generated add their own.
    expect.arrayContaining([
      'post /v1/tenants',
      'get /v1/tenants/{id}',
      'post /v1/tenants/{id}/plan',
      'post /v1/tenants/{id}/suspension',
      'post /v1/tenants/{id}/resumption',
      'post /v1/tenants/{id}/offboarding',
      'get /v1/tenants/{id}/offboarding',
      'post /v1/tenants/{id}/offboarding/withdrawal',
      'get /v1/tenants/{id}/offboarding/export',
      'post /v1/tenants/{id}/erasures',
      'post /v1/users',
      'get /v1/users',
      'get /v1/users/{id}',
      'patch /v1/users/{id}',
      'delete /v1/users/{id}',
      'post /v1/invitations',
      'post /v1/invitations/acceptance',
      'post /v1/directories',
      'post /v1/directory-syncs',
      'post /v1/notifications',
      'get /v1/notifications',
      'post /v1/broadcasts',
      'get /v1/broadcasts/{id}',
      'get /v1/broadcasts/{id}/failures',
      'post /v1/broadcasts/{id}/pause',
      'post /v1/broadcasts/{id}/resume',
      'post /v1/broadcasts/{id}/cancellation',
      'post /v1/webhooks',
      'post /v1/subscription',
      'get /v1/subscription',
      'post /v1/subscription/events',
      'get /v1/operations',
      'get /v1/operations/{id}',
      'post /v1/operations/{id}/cancellation',
      'post /v1/operations/{id}/steps/{step}/resolution',
      'get /v1/needs-attention',
      'get /v1/needs-attention/{id}',
      'post /v1/needs-attention/{id}/resolution',
      'get /v1/user-imports/{id}',
      'get /v1/user-imports/{id}/failed-rows',
      'post /v1/user-imports/{id}/retry',
      'post /v1/user-imports/{id}/pause',
      'post /v1/user-imports/{id}/resume',
      'post /v1/user-imports/{id}/cancellation',
      'post /v1/user-imports',
    ]),
  );
  expect(paths['/v1/tenants']!['post']).toMatchObject({
    requestBody: {
      content: {
        'application/json': {
          schema: { additionalProperties: false, required: ['slug', 'name', 'ownerEmail'] },
        },
      },
    },
    parameters: [{ in: 'header', name: 'Idempotency-Key', required: true }],
    responses: { 409: { description: 'Conflict', content: { 'application/problem+json': {} } } },
  });
  await app.close();
});

test('is ready when every part is, and names the one that is not', async () => {
  const app = await createApp(
    parts({ probes: { temporal: async () => undefined, 'tenant-reads': () => Promise.reject(new Error('refused')) } }),
  );
  expect(await ask(app, 'GET', '/readyz')).toMatchObject({
    status: 503,
    body: { status: 'not ready', parts: { temporal: 'ok', 'tenant-reads': 'refused' } },
  });
  expect(await ask(app, 'GET', '/livez')).toMatchObject({ status: 200, body: { status: 'alive' } });
  await app.close();
});
