import { NO_TENANT, failure, parseOperationId } from '@adx/contract-kit';
import type { Principal } from '@adx/contract-kit';
import type { PrincipalVerifier } from '@adx/principal';
import { chainLink } from '../chain-link.ts';
import type { Invocation } from '../invocation.ts';
import type { Middleware } from '../middleware.ts';

/** The nil UUID: a user id that nobody set. */
const NO_ONE = NO_TENANT;

/**
 * Verifies who acts, and adds `principal` and `tenantId`: the only source of both. Whether the principal may is checked
 * by the transaction that holds the effect.
 *
 * @throws InvalidInput when nobody acts, or a member of no tenant
 * @throws TenantAccessDenied when the signature is not good, or the principal is of another tenant than the operation
 */
export function withPrincipal(): Middleware<
  Invocation,
  { readonly principal: Principal; readonly tenantId: string },
  { readonly verifier: PrincipalVerifier }
> {
  return chainLink('principal', async (context, next, { verifier }) => {
    const principal = await verifier.verify(context.call.principal);
    // Both are signed all the same: whoever signed them forgot who acts.
    if (principal.sub.trim() === '' || principal.sub === NO_ONE) {
      throw failure('InvalidInput', 'the principal names nobody: its subject is empty or the nil id');
    }
    if (principal.tenantId === NO_TENANT && context.activity.access === 'member') {
      throw failure('InvalidInput', 'the principal is of no tenant, and this activity is for members of one');
    }
    const operationOf = parseOperationId(context.call.operationId)?.tenantId;
    // Who governs a tenant may do it from an operation of the platform, which outlives the tenant and its keys.
    const governs = operationOf === NO_TENANT && context.activity.access === 'lifecycle' && principal.kind !== 'user';
    if (operationOf !== principal.tenantId && !governs) {
      throw failure('TenantAccessDenied', 'the principal is not of the tenant of this operation');
    }
    return next({ principal, tenantId: principal.tenantId });
  });
}
