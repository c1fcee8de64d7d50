import { failure, parseOperationId } from '@adx/contract-kit';
import type { Principal } from '@adx/contract-kit';
import type { PrincipalVerifier } from '@adx/principal';
import type { Invocation } from '../invocation.ts';
import type { Middleware } from '../middleware.ts';

/**
 * Verifies who acts, and adds `principal` and `tenantId`: the only source of both. Whether the principal may is checked
 * by the transaction that holds the effect.
 *
 * @throws TenantAccessDenied when the signature is not good, or the principal is of another tenant than the operation
 */
export function withPrincipal(): Middleware<
  Invocation,
  { readonly principal: Principal; readonly tenantId: string },
  { readonly verifier: PrincipalVerifier }
> {
  return async (context, next, { verifier }) => {
    const principal = await verifier.verify(context.call.principal);
    if (parseOperationId(context.call.operationId)?.tenantId !== principal.tenantId) {
      throw failure('TenantAccessDenied', 'the principal is not of the tenant of this operation');
    }
    return next({ principal, tenantId: principal.tenantId });
  };
}
