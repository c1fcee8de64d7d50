import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureKey, DEV_AUDIENCE, DEV_ISSUER, issueToken, startIssuer } from '@adx/local-parts';
import type { JWK } from 'jose';
import { createOperatorVerifier, createPayloadCodec, startCodecServer } from '../src/index.ts';
import type { CodecServer, DataKey } from '../src/index.ts';

const UI = 'http://127.0.0.1:8233';
const TENANT = randomUUID();
const CLEAR = {
  metadata: { encoding: Buffer.from('json/plain').toString('base64') },
  data: Buffer.from('"ada@acme.example"').toString('base64'),
};

let folder: string;
let jwk: JWK;
let issuer: Awaited<ReturnType<typeof startIssuer>>;
let server: CodecServer;
let operator: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adx-codec-'));
  jwk = await ensureKey(join(folder, 'issuer.jwk.json'));
  issuer = await startIssuer({ jwk });
  operator = await issueToken(jwk, { role: 'operator' });
  const made = new Map<string, DataKey>();
  const current = async (tenantId: string) => {
    const key = made.get(tenantId) ?? { tenantId, version: 1, id: randomUUID(), key: createSecretKey(randomBytes(32)) };
    made.set(tenantId, key);
    return key;
  };
  const codec = createPayloadCodec({ keys: { current, version: current }, allowPlaintext: true });
  const verify = createOperatorVerifier({ issuer: DEV_ISSUER, audience: DEV_AUDIENCE, jwksUrl: issuer.jwksUrl });
  server = await startCodecServer({ codec, verify, uiOrigin: UI });
});
afterAll(async () => {
  await server?.close();
  await issuer?.stop();
  await rm(folder, { recursive: true, force: true });
});

type Headers = Record<string, string>;
const post = (path: string, headers: Headers, body: unknown = { payloads: [CLEAR] }) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
const payloadsOf = async (response: Response) => (await response.json()) as { payloads: (typeof CLEAR)[] };

test('encodes for a tenant and decodes again, for an operator', async () => {
  const encoded = await payloadsOf(await post('/encode', { ...bearer(operator), 'x-adx-tenant': TENANT }));
  expect(Buffer.from(encoded.payloads[0]!.metadata.encoding, 'base64').toString()).toBe('binary/encrypted');
  expect(JSON.stringify(encoded)).toContain(Buffer.from(TENANT).toString('base64'));
  const decoded = await post('/decode', { ...bearer(operator), origin: UI, 'x-namespace': 'default' }, encoded);
  expect(decoded.headers.get('access-control-allow-origin')).toBe(UI);
  expect(await payloadsOf(decoded)).toEqual({ payloads: [CLEAR] });
});

test.each(['/decode', '/encode'])('%s lets nobody in but operators', async (path) => {
  const stranger = await ensureKey(join(folder, `stranger${path.slice(1)}.jwk.json`));
  expect((await post(path, {})).status).toBe(401);
  expect((await post(path, bearer('rubbish'))).status).toBe(401);
  expect((await post(path, { authorization: `Basic ${operator}` })).status).toBe(401);
  expect((await post(path, bearer(await issueToken(stranger, { role: 'operator' })))).status).toBe(401);
  expect((await post(path, bearer(await issueToken(jwk, { role: 'owner', tenant: TENANT })))).status).toBe(403);
});

test('answers a browser for the origin of the UI alone, even with a good token', async () => {
  for (const origin of ['http://evil.example', `${UI}.evil.example`, 'http://127.0.0.1:9999', 'null']) {
    const response = await post('/decode', { ...bearer(operator), origin });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    const asked = await fetch(`${server.url}/decode`, { method: 'OPTIONS', headers: { origin } });
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  }
  const asked = await fetch(`${server.url}/decode`, { method: 'OPTIONS', headers: { origin: UI } });
  expect([asked.status, asked.headers.get('access-control-allow-headers')]).toEqual([
    204,
    expect.stringContaining('authorization'),
  ]);
});

test('signs a browser in by a cookie that no script and no other site can use', async () => {
  const form = (token: string, origin: string) =>
    fetch(`${server.url}/sign-in`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token }).toString(),
    });
  expect((await form(operator, 'http://evil.example')).status).toBe(403);
  expect((await form('a; Path=/x', server.url)).status).toBe(401);
  const signedIn = await form(operator, server.url);
  const cookie = signedIn.headers.get('set-cookie')!;
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict; Path=\/; Max-Age=4\d{4}$/);
  const session = { cookie: cookie.split(';')[0]! };
  expect((await post('/decode', { ...session, origin: UI })).status).toBe(200);
  expect((await post('/decode', { ...session, origin: 'http://evil.example' })).status).toBe(403);
});

test('says what is wrong with a request, and never quotes a payload', async () => {
  for (const body of ['no JSON', { payloads: 'x' }, { payloads: [{ data: 'not base64!' }] }, []]) {
    expect((await post('/decode', bearer(operator), body)).status).toBe(400);
  }
  expect((await post('/encode', { ...bearer(operator), 'x-adx-tenant': 'acme' })).status).toBe(400);
  expect((await post('/elsewhere', bearer(operator))).status).toBe(404);
  const encoded = await payloadsOf(await post('/encode', { ...bearer(operator), 'x-adx-tenant': TENANT }));
  const [payload] = encoded.payloads;
  const tampered = await post('/decode', bearer(operator), { payloads: [{ ...payload, data: CLEAR.data }] });
  expect(tampered.status).toBe(422);
  expect(await tampered.text()).toMatch(/Tampered/);
});
