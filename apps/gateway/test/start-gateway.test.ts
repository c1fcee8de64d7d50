import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createLogger } from '@adx/telemetry';
import { SERVICES, readsUrlVariable } from '@adx/services';
import { createTestDatabase, createTestKeys } from '@adx/testing';
import type { TestDatabase, TestKeys } from '@adx/testing';
import { startGateway } from '../src/start-gateway.ts';
import type { RunningGateway } from '../src/start-gateway.ts';
import { principalKey } from './gateway-harness.ts';
import { openOwners } from './owners.ts';
import type { Owners } from './owners.ts';
import { ISSUER, openTokenIssuer } from './token-issuer.ts';
import type { TokenIssuer } from './token-issuer.ts';

const TENANT = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';
const acme = { slug: 'acme', name: 'Acme', ownerEmail: 'ann@acme.example' };

let issuer: TokenIssuer;
let owners: Owners;
let database: TestDatabase;
let keys: TestKeys;
let folder: string;
let env: Record<string, string>;
let token: string;
let nobody: string;
beforeAll(async () => {
  const { jwk, verifier } = await principalKey();
  issuer = await openTokenIssuer();
  owners = await openOwners(verifier);
  database = await createTestDatabase();
  keys = await createTestKeys();
  folder = await mkdtemp(join(tmpdir(), 'adx-gateway-'));
  const keyFile = join(folder, 'principal.jwk.json');
  await writeFile(keyFile, JSON.stringify(jwk), { mode: 0o600 });
  nobody = `127.0.0.1:${await unusedPort()}`;
  env = {
    TEMPORAL_ADDRESS: process.env['ADX_TEST_TEMPORAL_ADDRESS']!,
    TEMPORAL_API_KEY: '',
    ADX_JWT_ISSUER: ISSUER,
    ADX_JWT_JWKS_URL: issuer.jwksUrl,
    ADX_PRINCIPAL_KEY_FILE: keyFile,
    ...Object.fromEntries(SERVICES.map((service) => [readsUrlVariable(service), owners.url])),
    ADX_KEYS_DATABASE_URL: database.keysUrl,
    ADX_ROOT_KEY_FILE: keys.rootKeyFile,
  };
  token = await issuer.sign({ sub: 'olga', role: 'operator' });
});
afterAll(async () => {
  await Promise.all([issuer.close(), owners.close(), database.drop(), keys.remove()]);
  await rm(folder, { recursive: true });
});

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function withGateway(
  more: Record<string, string>,
  use: (gateway: RunningGateway) => Promise<void>,
): Promise<void> {
  const logger = createLogger({ service: 'gateway', level: 'silent' });
  const gateway = await startGateway({ env: { ...env, ...more }, logger });
  try {
    await use(gateway);
  } finally {
    await gateway.close();
  }
}

const post = (url: string) =>
  fetch(`${url}/v1/tenants`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'idempotency-key': crypto.randomUUID(),
      'content-type': 'application/json',
    },
    body: JSON.stringify(acme),
  });
const get = (url: string) => fetch(url, { headers: { authorization: `Bearer ${token}` } });

test('is ready when Temporal, the token keys and the services are there', () =>
  withGateway({}, async ({ url }) => {
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'ready',
      parts: {
        temporal: 'ok',
        keys: 'ok',
        ...Object.fromEntries(SERVICES.map((service) => [`${service}-reads`, 'ok'])),
        'token-keys': 'ok',
      },
    });
  }));

test('starts without Temporal, answers 503 with Retry-After, and says in /readyz which part is down', () =>
  withGateway({ TEMPORAL_ADDRESS: nobody }, async ({ url }) => {
    const began = Date.now();
    const [started, shown, listed, ready] = await Promise.all([
      post(url),
      get(`${url}/v1/operations/${TENANT}:onboardTenant:key`),
      get(`${url}/v1/operations`),
      fetch(`${url}/readyz`),
    ]);
    for (const response of [started, shown, listed]) {
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
      expect(await response.json()).toMatchObject({ code: 'TemporalUnavailable' });
    }
    // Every call has 5 s; a machine that is busy with the rest of a test run adds to that. The point is: they end.
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      parts: {
        temporal: expect.stringContaining('does not answer'),
        'tenant-reads': 'ok',
        'token-keys': 'ok',
      },
    });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  }));

test('answers 503 while the database of the payload keys is down, and says so in /readyz', () =>
  withGateway({ ADX_KEYS_DATABASE_URL: `postgres://keys_app:test@${nobody}/adx` }, async ({ url }) => {
    const response = await post(url);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
      parts: { temporal: 'ok', keys: expect.stringContaining('KeysUnavailable') },
    });
  }));

test('is not ready when Temporal does not have its namespace', () =>
  withGateway({ TEMPORAL_NAMESPACE: 'nowhere' }, async ({ url }) => {
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
      parts: { temporal: expect.stringMatching(/nowhere/) },
    });
  }));

test('answers 503 for a tenant while its owner is down, and says so in /readyz', () =>
  withGateway({ ADX_READS_URL_TENANT: `http://${nobody}` }, async ({ url }) => {
    const response = await get(`${url}/v1/tenants/${TENANT}`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await response.json()).toMatchObject({ code: 'OwnerUnavailable' });
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
      parts: { temporal: 'ok', 'tenant-reads': expect.not.stringMatching(/^ok$/) },
    });
  }));

test('answers 503, not 401, while the keys of the issuer cannot be had', async () => {
  for (const jwksUrl of [`http://${nobody}/jwks`, `${owners.url}/no-keys-here`, `${owners.url}/livez`]) {
    await withGateway({ ADX_JWT_JWKS_URL: jwksUrl }, async ({ url }) => {
      const response = await get(`${url}/v1/operations`);
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ code: 'IssuerUnavailable' });
    });
  }
});

test('names everything that is wrong with its environment at once', async () => {
  const start = startGateway({ env: { ADX_HTTP_PORT: 'eighty', ADX_JWT_ISSUER: '', ADX_JWT_JWKS_URL: 'ftp://keys' } });
  await expect(start).rejects.toThrow(
    /ADX_HTTP_PORT[^]*ADX_JWT_ISSUER[^]*ADX_JWT_JWKS_URL[^]*ADX_PRINCIPAL_KEY_FILE[^]*ADX_READS_URL_NOTIFICATION[^]*ADX_READS_URL_TENANT[^]*ADX_READS_URL_USER/,
  );
});

test('as a process says when it is ready, drains on SIGTERM and exits 0', async () => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@adx/source', main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    let port: unknown;
    for await (const line of createInterface({ input: child.stdout })) {
      const entry = JSON.parse(line) as { msg: string; port?: unknown };
      if (entry.msg === 'ready') ({ port } = entry);
      if (port !== undefined) break;
    }
    expect((await fetch(`http://127.0.0.1:${Number(port)}/readyz`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});
