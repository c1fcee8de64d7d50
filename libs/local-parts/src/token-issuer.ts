import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { JWK } from 'jose';

/** What callers' tokens of the dev stack say. */
export const DEV_ISSUER = 'adx-dev-issuer';
export const DEV_AUDIENCE = 'adx';

/** Whom a token is for. */
export type TokenRequest =
  | { readonly role: 'operator'; readonly sub?: string }
  | { readonly role: 'owner' | 'member'; readonly tenant: string; readonly sub?: string };

/**
 * Reads an Ed25519 private key (JWK), which is made at the first use. The file is for its owner alone.
 *
 * @param kid of a key that is made; random by default
 */
export async function ensureKey(file: string, kid: string = randomUUID()): Promise<JWK> {
  if (!existsSync(file)) {
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const jwk = { ...(await exportJWK(privateKey)), kid, alg: 'EdDSA' };
    // Linked into place: two commands that make it at once agree on one key, and none reads half of it.
    const draft = `${file}.${randomUUID()}`;
    await writeFile(draft, `${JSON.stringify(jwk)}\n`, { mode: 0o600 });
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(draft);
  }
  return JSON.parse(await readFile(file, 'utf8')) as JWK;
}

/** The public half, as others may know it. */
export function publicKey({ kty, crv, x, kid, alg }: JWK): JWK {
  return { kty, crv, x, kid, alg, use: 'sig' } as JWK;
}

/** Signs a caller's token, good for 12 hours. */
export async function issueToken(jwk: JWK, request: TokenRequest): Promise<string> {
  const { role, sub = role === 'operator' ? 'dev-operator' : `dev-${role}` } = request;
  return new SignJWT({ role, ...(request.role === 'operator' ? {} : { tenant: request.tenant }) })
    .setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid! })
    .setIssuer(DEV_ISSUER)
    .setAudience(DEV_AUDIENCE)
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime('12h')
    .sign(await importJWK(jwk, 'EdDSA'));
}

/**
 * Serves the issuer's public keys, at `/jwks.json`.
 *
 * @param options.host loopback by default; in a container it has to be reached from outside
 */
export async function startIssuer(options: {
  readonly jwk: JWK;
  readonly port?: number;
  readonly host?: string;
}): Promise<{
  readonly jwksUrl: string;
  stop(): Promise<void>;
}> {
  const body = JSON.stringify({ keys: [publicKey(options.jwk)] });
  const server = createServer((request, response) => {
    if (request.url === '/jwks.json') response.setHeader('content-type', 'application/json').end(body);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
