import type { PrincipalSigner } from '@adx/principal';
import { notFound } from '../problem.ts';
import type { Caller } from './token-verifier.ts';

/** Signs what travels with every message: this caller, acting on this tenant. */
export function principalFor(signer: PrincipalSigner, caller: Caller, tenantId: string): Promise<string> {
  const { subject: sub, role } = caller;
  return signer.sign({ sub, kind: role === 'operator' ? 'operator' : 'user', tenantId, roles: [role] });
}

/** The same for the caller's own tenant. @throws HttpProblem 404 for an operator, who has none */
export function principalOf(signer: PrincipalSigner, caller: Caller): Promise<string> {
  if (caller.tenantId === undefined) throw notFound();
  return principalFor(signer, caller, caller.tenantId);
}

/** Whether this caller may know of this tenant at all. */
export function sees(caller: Caller, tenantId: string): boolean {
  return caller.role === 'operator' || caller.tenantId === tenantId;
}
