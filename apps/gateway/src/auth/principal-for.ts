import type { PrincipalSigner } from '@adx/principal';
import type { Caller } from './token-verifier.ts';

/** Signs what travels with every message: this caller, acting on this tenant. */
export function principalFor(signer: PrincipalSigner, caller: Caller, tenantId: string): Promise<string> {
  const { subject: sub, role } = caller;
  return signer.sign({ sub, kind: role === 'operator' ? 'operator' : 'user', tenantId, roles: [role] });
}

/** Whether this caller may know of this tenant at all. */
export function sees(caller: Caller, tenantId: string): boolean {
  return caller.role === 'operator' || caller.tenantId === tenantId;
}
