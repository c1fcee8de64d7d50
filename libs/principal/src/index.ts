export { SERVICE_KEY_PREFIX, createPrincipalSigner } from './principal-signer.ts';
export type { PrincipalSigner } from './principal-signer.ts';
export { createPrincipalVerifier } from './principal-verifier.ts';
export type { PrincipalVerifier } from './principal-verifier.ts';
