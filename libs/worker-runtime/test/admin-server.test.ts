import type { Reads } from '@adx/activity-middleware';
import { declaredError, failure } from '@adx/contract-kit';
import { createLogger } from '@adx/telemetry';
import { createAdminServer } from '../src/admin-server.ts';

const ok = () => Promise.resolve();

function open(options: { reads?: Reads; probes?: Record<string, () => Promise<void>> }) {
  const log: string[] = [];
  const logger = createLogger({
    service: 'shop',
    level: 'info',
    destination: { write: (line: string) => void log.push(line) },
  });
  const server = createAdminServer({ service: 'shop', logger, reads: {}, probes: {}, ...options });
  const read = (name: string, body: unknown = {}, authorization = 'Bearer principal') =>
    server.inject({
      method: 'POST',
      url: `/internal/reads/${name}`,
      headers: { authorization },
      payload: body as object,
    });
  return { server, log, read };
}

describe('health', () => {
  test('is alive and says what it is, whatever else is broken', async () => {
    const { server } = open({ probes: { database: () => Promise.reject(new Error('gone')) } });
    expect((await server.inject('/livez')).json()).toEqual({ status: 'alive' });
    expect((await server.inject('/version')).json()).toEqual({ service: 'shop', node: process.version });
  });

  test('is ready when every part is', async () => {
    const response = await open({ probes: { database: ok, temporal: ok } }).server.inject('/readyz');
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: 'ready', parts: { database: 'ok', temporal: 'ok' } });
  });

  test('names the part that fails and why, beside those that do not', async () => {
    const probes = { database: ok, temporal: () => Promise.reject(new Error('connection refused')) };
    const response = await open({ probes }).server.inject('/readyz');
    expect(response.statusCode).toBe(503);
    expect(response.json()).toEqual({ status: 'not ready', parts: { database: 'ok', temporal: 'connection refused' } });
  });

  test('does not wait for a part that never answers', async () => {
    const response = await open({ probes: { database: () => new Promise(() => undefined) } }).server.inject('/readyz');
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ parts: { database: 'no answer within 2000 ms' } });
  });
});

describe('a read', () => {
  test('gets the body and the principal, and answers with its output', async () => {
    const seen: unknown[] = [];
    const getSale = async (input: unknown, principal: unknown) => {
      seen.push(input, principal);
      return { item: 'book' };
    };
    const response = await open({ reads: { getSale } }).read('getSale', { sale: '1' }, 'bearer a.b.c');
    expect([response.statusCode, response.json()]).toEqual([200, { item: 'book' }]);
    expect(seen).toEqual([{ sale: '1' }, 'a.b.c']);
  });

  test('gets no principal from anything but a bearer', async () => {
    const seen: unknown[] = [];
    const reads = { getSale: async (_input: unknown, principal: unknown) => (seen.push(principal), {}) };
    const { read } = open({ reads });
    for (const header of ['', 'a.b.c', 'Basic a.b.c', 'Bearer ', 'Bearer a b']) await read('getSale', {}, header);
    expect(seen).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  test.each([
    [
      'an input that is refused',
      () => failure('InvalidInput', 'sale (invalid_type)'),
      400,
      'InvalidInput',
      'sale (invalid_type)',
    ],
    [
      'a principal that is denied',
      () => failure('TenantAccessDenied', 'not yours'),
      403,
      'TenantAccessDenied',
      'not yours',
    ],
    ['a declared error', () => declaredError('shop', 'Returned', {}), 409, 'shop.Returned', 'shop.Returned'],
    ['a database that is gone', () => failure('DatabaseError', 'lost 10.0.0.1'), 503, 'DatabaseError', 'see the log'],
    ['a bug', () => new TypeError('row of ada'), 500, 'InternalError', 'see the log'],
  ] as const)('answers %s with a problem', async (_what, error, status, code, detail) => {
    const { read, log } = open({ reads: { getSale: () => Promise.reject(error()) } });
    const response = await read('getSale');
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(response.statusCode).toBe(status);
    expect(response.json()).toEqual({ type: 'about:blank', title: code, status, code, detail });
    // What the caller is not told is in the log, and nothing else is.
    expect(log.join('').includes('a read or upload failed')).toBe(status >= 500);
  });

  test.each(['refund', 'constructor', '__proto__'])('that the service does not have is not found: %s', async (name) => {
    const response = await open({}).read(name);
    expect(response.statusCode).toBe(404);
    expect(response.json()).toMatchObject({ code: 'NotFound', detail: `shop has no read "${name}"` });
  });

  test('refuses a body that is too large or no JSON', async () => {
    const { server, read } = open({ reads: { getSale: async () => ({}) } });
    expect((await read('getSale', { sale: 'x'.repeat(65 * 1024) })).statusCode).toBe(413);
    const headers = { 'content-type': 'application/json' };
    const response = await server.inject({ method: 'POST', url: '/internal/reads/getSale', headers, payload: '{' });
    expect([response.statusCode, response.json()]).toEqual([400, expect.objectContaining({ code: 'InvalidInput' })]);
  });
});

describe('metrics', () => {
  const logger = createLogger({ service: 'shop', level: 'silent' });
  const metrics = (metricsUrl?: string) =>
    createAdminServer({
      service: 'shop',
      logger,
      reads: {},
      probes: {},
      ...(metricsUrl ? { metricsUrl } : {}),
    }).inject('/metrics');

  test('are not found where the process exports none', async () => {
    expect((await metrics()).statusCode).toBe(404);
  });

  test('that cannot be had are a problem, without the address of the exporter', async () => {
    const response = await metrics('http://127.0.0.1:1/metrics');
    expect(response.statusCode).toBe(500);
    expect(response.json()).toMatchObject({ code: 'InternalError', detail: 'see the log' });
  });
});
