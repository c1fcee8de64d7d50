import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey, JWTPayload } from 'jose';

export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'adx';

/** Signs callers' tokens; its public keys are served over HTTP on loopback, as a real issuer's are. */
export interface TokenIssuer {
  readonly jwksUrl: string;
  /** A token for an hour, unless the claims say otherwise. */
  sign(claims: JWTPayload): Promise<string>;
  /** A token that names the issuer's key, but was signed by another one. */
  forge(claims: JWTPayload): Promise<string>;
  close(): Promise<void>;
}

export async function openTokenIssuer(): Promise<TokenIssuer> {
  const pair = () => generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const [real, other] = await Promise.all([pair(), pair()]);
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(real.publicKey)), kid: 'issuer', alg: 'EdDSA' }] });
  const server = createServer((_request, response) => response.setHeader('content-type', 'application/json').end(jwks));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const signWith = (key: CryptoKey) => (claims: JWTPayload) => {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ iss: ISSUER, aud: AUDIENCE, exp: now + 3_600, ...claims })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'issuer' })
      .sign(key);
  };
  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    sign: signWith(real.privateKey),
    forge: signWith(other.privateKey),
    close: () => closeServer(server),
  };
}

/** Closes also what a client keeps open. */
export function closeServer(server: ReturnType<typeof createServer>): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
