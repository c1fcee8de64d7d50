import type { PrincipalSigner } from '@adx/principal';
import { principalFor } from './principal-for.ts';
import type { Caller } from './token-verifier.ts';

/** One caller's requests of this long share a principal: an entity applies what has one sender in one batch. */
const SHARED_MS = 10_000;
const MOST_CALLERS = 1_000;

/** Signs principals like {@link principalFor}, but the same one again for a caller who was here a moment ago. */
export function recentPrincipals(signer: PrincipalSigner): (caller: Caller, tenantId: string) => Promise<string> {
  const recent = new Map<string, { readonly until: number; readonly principal: Promise<string> }>();
  return async (caller, tenantId) => {
    const key = JSON.stringify([caller.subject, caller.role, tenantId]);
    const known = recent.get(key);
    if (known && known.until > Date.now()) return known.principal;
    const principal = principalFor(signer, caller, tenantId);
    recent.delete(key);
    recent.set(key, { until: Date.now() + SHARED_MS, principal });
    for (const oldest of recent.keys()) {
      if (recent.size <= MOST_CALLERS) break;
      recent.delete(oldest);
    }
    return principal.catch((error: unknown) => {
      recent.delete(key);
      throw error;
    });
  };
}
