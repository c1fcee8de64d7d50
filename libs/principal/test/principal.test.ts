import { randomUUID } from 'node:crypto';
import { createPrincipalSigner, createPrincipalVerifier } from '@adx/principal';
import type { PrincipalSigner, PrincipalVerifier } from '@adx/principal';
import { SignJWT, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { JWK } from 'jose';

const TYPE = 'adx-principal+jwt';
const claims = {
  sub: 'ada',
  kind: 'user',
  tenantId: '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10',
  roles: ['owner', 'member'],
} as const;

async function createKey(kid: string): Promise<{ readonly jwk: JWK; readonly open: JWK }> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid };
  const { d: _, ...open } = jwk;
  return { jwk, open: { ...open, alg: 'EdDSA' } };
}

let own: Awaited<ReturnType<typeof createKey>>;
let signer: PrincipalSigner;
let verifier: PrincipalVerifier;
beforeAll(async () => {
  own = await createKey('current');
  signer = await createPrincipalSigner({ jwk: own.jwk });
});
beforeEach(() => {
  verifier = createPrincipalVerifier({ jwks: { keys: [own.open] } });
});

/** Signed with the right key, but not by the signer. */
async function handMade(payload: Record<string, unknown>, typ = TYPE): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'EdDSA', kid: 'current', typ })
    .sign(await importJWK(own.jwk, 'EdDSA'));
}

const whole = () => ({ ...claims, iat: 1_700_000_000, jti: randomUUID() });
const denied = (message: string): unknown =>
  expect.objectContaining({ type: 'TenantAccessDenied', nonRetryable: true, message: expect.stringMatching(message) });

describe('a principal', () => {
  test('arrives as it was signed, with its time and an id of its own', async () => {
    const principal = await verifier.verify(await signer.sign(claims));
    expect(principal).toEqual({ ...claims, iat: expect.any(Number), jti: expect.any(String) });
    expect(Math.abs(Date.now() / 1_000 - principal.iat)).toBeLessThan(60);
    const other = await verifier.verify(await signer.sign(claims));
    expect(other.jti).not.toBe(principal.jti);
  });

  test('does not expire: the process it acts for may run for weeks', async () => {
    const ancient = await handMade({ ...whole(), iat: 1 });
    expect(await verifier.verify(ancient)).toMatchObject({ sub: 'ada', iat: 1 });
  });

  test('is still good when its key is retired, as long as the key is in the set', async () => {
    const next = await createKey('next');
    const both = createPrincipalVerifier({ jwks: { keys: [next.open, own.open] } });
    const nextSigner = await createPrincipalSigner({ jwk: next.jwk });
    expect(await both.verify(await signer.sign(claims))).toMatchObject({ sub: 'ada' });
    expect(await both.verify(await nextSigner.sign(claims))).toMatchObject({ sub: 'ada' });
  });
});

describe('is denied for good:', () => {
  test('a principal that a foreign key signed, also under the name of a known one', async () => {
    for (const kid of ['current', 'foreign']) {
      const foreign = await createPrincipalSigner({ jwk: (await createKey(kid)).jwk });
      await expect(verifier.verify(await foreign.sign(claims))).rejects.toEqual(denied('not signed by a known key'));
    }
  });

  test('a principal whose tenant was changed after it was signed', async () => {
    const [header, payload, signature] = (await signer.sign(claims)).split('.') as [string, string, string];
    const changed = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), tenantId: randomUUID() };
    const forged = [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
    await expect(verifier.verify(forged)).rejects.toEqual(denied('not signed by a known key'));
  });

  test('a principal without a signature', async () => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${encode({ alg: 'none', kid: 'current', typ: TYPE })}.${encode(whole())}.`;
    await expect(verifier.verify(unsigned)).rejects.toEqual(denied('not signed by a known key'));
  });

  test('a principal that was signed with the public key as a shared secret', async () => {
    const secret = Buffer.from(own.open.x!, 'base64url');
    const confused = await new SignJWT(whole())
      .setProtectedHeader({ alg: 'HS256', kid: 'current', typ: TYPE })
      .sign(secret);
    await expect(verifier.verify(confused)).rejects.toEqual(denied('not signed by a known key'));
  });

  test.each(['JWT', 'at+jwt', ''])('a token of type "%s", whoever signed it', async (typ) => {
    await expect(verifier.verify(await handMade(whole(), typ))).rejects.toEqual(denied('not signed by a known key'));
    expect(await verifier.verify(await handMade(whole()))).toMatchObject({ sub: 'ada' });
  });

  test.each([
    ['no tenant', { tenantId: undefined }],
    ['a tenant that is no uuid', { tenantId: '*' }],
    ['nobody who acts', { sub: '' }],
    ['an unknown kind', { kind: 'root' }],
    ['roles that are no list', { roles: 'owner' }],
    ['no id', { jti: undefined }],
  ])('a principal with %s', async (_what, change) => {
    const jws = await handMade({ ...whole(), ...change });
    await expect(verifier.verify(jws)).rejects.toEqual(denied('lacks a claim'));
  });

  test.each([
    ['nothing', undefined],
    ['the claims themselves', claims],
    ['a text that is longer than any principal', 'x'.repeat(4_097)],
  ])('%s', async (_what, jws) => {
    await expect(verifier.verify(jws)).rejects.toEqual(denied('carries no principal'));
  });

  test('anything, without saying what it was', async () => {
    const foreign = await createPrincipalSigner({ jwk: (await createKey('current')).jwk });
    const jws = await foreign.sign({ ...claims, sub: 'ada@acme.example' });
    const error = await verifier.verify(jws).catch((caught: Error) => caught);
    expect(JSON.stringify([error, (error as Error).message])).not.toMatch(new RegExp(`ada@|${jws.slice(0, 20)}`));
  });
});

describe('a verifier', () => {
  test('remembers what it verified, for a thousand principals and no more', async () => {
    const jws = await Promise.all(Array.from({ length: 1_001 }, () => signer.sign(claims)));
    const first = await verifier.verify(jws[0]);
    expect(await verifier.verify(jws[0])).toBe(first);
    for (const one of jws.slice(1, 1_000)) await verifier.verify(one);
    const second = await verifier.verify(jws[1]);
    expect(await verifier.verify(jws[0])).toBe(first);

    await verifier.verify(jws[1_000]);
    expect(await verifier.verify(jws[1])).toBe(second);
    const again = await verifier.verify(jws[0]);
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
  });

  test('does not remember what it denied', async () => {
    const good = await signer.sign(claims);
    const bad = `${good.slice(0, -4)}AAAA`;
    await expect(verifier.verify(bad)).rejects.toEqual(denied('not signed'));
    await expect(verifier.verify(bad)).rejects.toEqual(denied('not signed'));
  });

  test('is not made with a private key: a worker could sign for callers', () => {
    expect(() => createPrincipalVerifier({ jwks: { keys: [own.open, own.jwk] } })).toThrow(
      new TypeError('the principal key set has a private key ("d"); give workers the public keys only'),
    );
  });
});

test.each([
  ['a public key', () => own.open],
  ['a key without a name', () => ({ ...own.jwk, kid: undefined })],
  ['a key for another purpose', () => ({ ...own.jwk, crv: 'X25519' })],
  ['a shared secret', () => ({ kty: 'oct', k: 'c2VjcmV0', kid: 'current' })],
])('a signer is not made with %s', async (_what, jwk) => {
  await expect(createPrincipalSigner({ jwk: jwk() as JWK })).rejects.toThrow(
    /must be a private Ed25519 JWK with a "kid"/,
  );
});

describe('the key of a service', () => {
  const service = { sub: 'billing', kind: 'service', tenantId: claims.tenantId, roles: [] } as const;

  test.each(['service:billing', 'service:billing/2'])('signs for that service: %s', async (kid) => {
    const key = await createKey(kid);
    const both = createPrincipalVerifier({ jwks: { keys: [own.open, key.open] } });
    const jws = await (await createPrincipalSigner({ jwk: key.jwk })).sign(service);
    expect(await both.verify(jws)).toMatchObject(service);
  });

  test.each([
    ['a user', claims],
    ['an operator', { ...service, kind: 'operator' as const }],
    ['another service', { ...service, sub: 'tenant' }],
    ['a user who has its name', { ...service, kind: 'user' as const }],
  ])('does not sign for %s', async (_name, forged) => {
    const key = await createKey('service:billing');
    const both = createPrincipalVerifier({ jwks: { keys: [own.open, key.open] } });
    const jws = await (await createPrincipalSigner({ jwk: key.jwk })).sign(forged);
    await expect(both.verify(jws)).rejects.toEqual(denied('may not sign'));
  });

  test('does not pass for another by leaving its name out, or by taking the name of a key it is not', async () => {
    const key = await createKey('service:billing');
    const onlyKey = createPrincipalVerifier({ jwks: { keys: [key.open] } });
    const both = createPrincipalVerifier({ jwks: { keys: [own.open, key.open] } });
    const sign = async (header: { readonly kid?: string }) =>
      new SignJWT(whole())
        .setProtectedHeader({ alg: 'EdDSA', typ: TYPE, ...header })
        .sign(await importJWK(key.jwk, 'EdDSA'));
    await expect(onlyKey.verify(await sign({}))).rejects.toEqual(denied('may not sign'));
    await expect(both.verify(await sign({ kid: 'current' }))).rejects.toEqual(denied('known key'));
  });
});
