import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEV_AUDIENCE, DEV_ISSUER, ensureKey, issueToken, publicKey, startIssuer } from '@adx/local-parts';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const TENANT = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adx-issuer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the key of the issuer', () => {
  test('is made at the first use, kept for the next, and readable for its owner alone', async () => {
    const file = join(folder, 'issuer.json');
    const first = await ensureKey(file);
    expect(await ensureKey(file)).toEqual(first);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('is not replaced when it is broken: tokens that are out there would stop being good', async () => {
    const file = join(folder, 'issuer.json');
    await writeFile(file, 'half a k');
    await expect(ensureKey(file)).rejects.toThrow(SyntaxError);
    expect(await readFile(file, 'utf8')).toBe('half a k');
  });

  test('has a public half without the private one', async () => {
    const key = await ensureKey(join(folder, 'issuer.json'));
    expect(Object.keys(publicKey(key)).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    expect(key.d).toBeDefined();
  });
});

describe('a token', () => {
  test.each([
    [{ role: 'operator' }, { sub: 'dev-operator' }],
    [
      { role: 'owner', tenant: TENANT, sub: 'ada' },
      { sub: 'ada', tenant: TENANT },
    ],
    [
      { role: 'member', tenant: TENANT },
      { sub: 'dev-member', tenant: TENANT },
    ],
  ] as const)('for %j verifies against the keys that the issuer serves', async (request, claims) => {
    const jwk = await ensureKey(join(folder, 'issuer.json'));
    const issuer = await startIssuer({ jwk });
    try {
      const keys = createRemoteJWKSet(new URL(issuer.jwksUrl));
      const token = await issueToken(jwk, request);
      const { payload } = await jwtVerify(token, keys, {
        issuer: DEV_ISSUER,
        audience: DEV_AUDIENCE,
        algorithms: ['EdDSA'],
      });
      expect(payload).toMatchObject({ ...claims, role: request.role });
      expect(Object.hasOwn(payload, 'tenant')).toBe(request.role !== 'operator');
      expect(payload.exp! - payload.iat!).toBe(12 * 3_600);
      const foreign = await issueToken(await ensureKey(join(folder, 'foreign.json')), request);
      await expect(jwtVerify(foreign, keys)).rejects.toThrow();
    } finally {
      await issuer.stop();
    }
  });

  test('is served nothing but public keys for, and nothing at all when the issuer has stopped', async () => {
    const jwk = await ensureKey(join(folder, 'issuer.json'));
    const issuer = await startIssuer({ jwk });
    expect(await (await fetch(issuer.jwksUrl)).json()).toEqual({ keys: [publicKey(jwk)] });
    expect((await fetch(new URL('/', issuer.jwksUrl))).status).toBe(404);
    await issuer.stop();
    await expect(fetch(issuer.jwksUrl)).rejects.toThrow();
  });
});
