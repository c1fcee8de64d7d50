import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICE_KEY_PREFIX, createPrincipalSigner, createPrincipalVerifier } from '@adx/principal';
import type { PrincipalSigner, PrincipalVerifier } from '@adx/principal';
import { SERVICES } from '@adx/services';
import type { ServiceName } from '@adx/services';
import { exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';

/** A principal key pair of this test, and the file that workers read. */
export interface TestKeys {
  readonly signer: PrincipalSigner;
  /** What `signer` signs with, for a gateway. */
  readonly signingKey: JWK;
  readonly verifier: PrincipalVerifier;
  readonly jwksFile: string;
  /** The private key, as the gateway reads it. */
  readonly principalKeyFile: string;
  readonly auditKeyFile: string;
  /** What tokens of invitations are made from. */
  readonly invitationKeyFile: string;
  /** Private key of a service. */
  serviceKeyFile(service: ServiceName): string;
  serviceSigner(service: ServiceName): PrincipalSigner;
  /** The root key of the payload keys. */
  readonly rootKeyFile: string;
  remove(): Promise<void>;
}

export async function createTestKeys(): Promise<TestKeys> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const kid = 'test';
  const folder = await mkdtemp(join(tmpdir(), 'adx-keys-'));
  const serviceKeyFile = (service: ServiceName) => join(folder, `${service}.jwk.json`);
  const publicKeys: JWK[] = [{ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' }];
  const signers = new Map<ServiceName, PrincipalSigner>();
  for (const service of SERVICES) {
    const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const own = { kid: `${SERVICE_KEY_PREFIX}${service}`, alg: 'EdDSA' };
    publicKeys.push({ ...(await exportJWK(pair.publicKey)), ...own });
    const jwk: JWK = { ...(await exportJWK(pair.privateKey)), ...own };
    signers.set(service, await createPrincipalSigner({ jwk }));
    await writeFile(serviceKeyFile(service), JSON.stringify(jwk));
  }
  const jwks = { keys: publicKeys };
  const jwksFile = join(folder, 'principal.jwks.json');
  await writeFile(jwksFile, JSON.stringify(jwks));
  const principalKeyFile = join(folder, 'principal.jwk.json');
  await writeFile(principalKeyFile, JSON.stringify({ ...(await exportJWK(privateKey)), kid }));
  const auditKeyFile = join(folder, 'audit.key');
  await writeFile(auditKeyFile, randomBytes(32).toString('base64'));
  const invitationKeyFile = join(folder, 'invitation.key');
  await writeFile(invitationKeyFile, randomBytes(32).toString('base64'));
  const rootKeyFile = join(folder, 'root-keys.json');
  await writeFile(rootKeyFile, JSON.stringify([{ id: 'test', key: randomBytes(32).toString('base64url') }]));
  const signingKey = { ...(await exportJWK(privateKey)), kid };
  return {
    signer: await createPrincipalSigner({ jwk: signingKey }),
    signingKey,
    verifier: createPrincipalVerifier({ jwks }),
    jwksFile,
    principalKeyFile,
    auditKeyFile,
    invitationKeyFile,
    serviceKeyFile,
    serviceSigner: (service) => signers.get(service)!,
    rootKeyFile,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
