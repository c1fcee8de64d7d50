import { createHash } from 'node:crypto';
import { failure } from '@adx/contract-kit';
import type { Principal } from '@adx/contract-kit';
import { createLocalJWKSet, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { PRINCIPAL_TYPE, SERVICE_KEY_PREFIX } from './principal-signer.ts';

/** Checks the signature and the shape of a principal. */
export interface PrincipalVerifier {
  /** @throws ApplicationFailure `TenantAccessDenied` when it was not signed by a known key, or is malformed */
  verify(jws: unknown): Promise<Principal>;
}

const Claims = z.object({
  sub: z.string().min(1).max(255),
  kind: z.enum(['user', 'service', 'operator']),
  tenantId: z.guid(),
  roles: z.array(z.string()),
  iat: z.number(),
  jti: z.string(),
});

/** A verification costs about 0.1 ms; a process repeats the same principal at every step. */
const CACHE_SIZE = 1_000;

/**
 * A verifier over public keys. Retired keys stay in the set while operations signed with them are open.
 *
 * @throws TypeError when the key set has a private key: workers must not be able to sign for callers
 */
export function createPrincipalVerifier({ jwks }: { readonly jwks: JSONWebKeySet }): PrincipalVerifier {
  if (jwks.keys.some((key) => 'd' in key)) {
    throw new TypeError('the principal key set has a private key ("d"); give workers the public keys only');
  }
  const keys = createLocalJWKSet(jwks);
  const cache = new Map<string, Principal>();
  return {
    async verify(jws) {
      if (typeof jws !== 'string' || jws.length > 4_096) throw denied('the call carries no principal');
      const hash = createHash('sha256').update(jws).digest('base64');
      const known = cache.get(hash);
      if (known) return known;
      const { payload, protectedHeader } = await jwtVerify(jws, keys, {
        algorithms: ['EdDSA'],
        typ: PRINCIPAL_TYPE,
      }).catch((error: Error) => {
        throw denied(`the principal was not signed by a known key (${error.name})`);
      });
      const claims = Claims.safeParse(payload);
      if (!claims.success) throw denied('the principal lacks a claim; it was not made by a principal signer');
      if (!mayClaim(protectedHeader.kid, claims.data)) throw denied('this key may not sign for this principal');
      // The only place where claims become a principal.
      const principal = claims.data as unknown as Principal;
      if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value!);
      cache.set(hash, principal);
      return principal;
    },
  };
}

/** A service's key signs for that service and for nobody else; a key without a name signs for nobody. */
function mayClaim(kid: string | undefined, { kind, sub }: z.output<typeof Claims>): boolean {
  if (kid === undefined) return false;
  if (!kid.startsWith(SERVICE_KEY_PREFIX)) return true;
  const [service] = kid.slice(SERVICE_KEY_PREFIX.length).split('/', 1);
  return kind === 'service' && sub === service;
}

function denied(message: string) {
  return failure('TenantAccessDenied', message);
}
