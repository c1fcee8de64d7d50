import { randomUUID } from 'node:crypto';
import type { PrincipalClaims } from '@adx/contract-kit';
import { SignJWT, importJWK } from 'jose';
import type { JWK } from 'jose';

/** Turns "who acts, on which tenant" into the compact JWS that travels with every message. */
export interface PrincipalSigner {
  sign(claims: Pick<PrincipalClaims, 'sub' | 'kind' | 'tenantId' | 'roles'>): Promise<string>;
}

/** Names the kind of token, so that a caller's JWT signed by a reused key is never taken for a principal. */
export const PRINCIPAL_TYPE = 'adx-principal+jwt';

/** A `kid` of `service:<name>` or `service:<name>/<version>` says whose key it is; the verifier holds it to that. */
export const SERVICE_KEY_PREFIX = 'service:';

/**
 * A signer over a private Ed25519 key. The gateway has one; a worker has one for its own service identity only.
 *
 * @throws TypeError when the key is not a private Ed25519 JWK with a `kid`
 */
export async function createPrincipalSigner({ jwk }: { readonly jwk: JWK }): Promise<PrincipalSigner> {
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || !jwk.d || !jwk.kid) {
    throw new TypeError('the principal key must be a private Ed25519 JWK with a "kid"; create one with `npm start`');
  }
  const key = await importJWK(jwk, 'EdDSA');
  const header = { alg: 'EdDSA', kid: jwk.kid, typ: PRINCIPAL_TYPE };
  return {
    sign: ({ sub, kind, tenantId, roles }) =>
      // No expiry: a process may run for weeks. Membership and tenant status are checked anew at every effect.
      new SignJWT({ kind, tenantId, roles: [...roles] })
        .setProtectedHeader(header)
        .setSubject(sub)
        .setIssuedAt()
        .setJti(randomUUID())
        .sign(key),
  };
}
