import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureKey, publicKey } from '@adx/local-parts';
import { SERVICE_KEY_PREFIX } from '@adx/principal';
import { SERVICES } from '@adx/services';
import type { ServiceName } from '@adx/services';
import type { JWK } from 'jose';

/** The payload keys have a schema of their own. */
export const SCHEMAS = [...SERVICES, 'keys'] as const;
export type SchemaName = (typeof SCHEMAS)[number];

/** Keys and passwords of one stack; made once, kept in files of mode 600. */
export interface StackKeys {
  readonly issuer: JWK;
  /** Private key that signs principals; the gateway alone gets it. */
  readonly principalKeyFile: string;
  /** Public keys, for the workers. */
  readonly principalJwksFile: string;
  /** Private keys of the services, by which they sign for themselves. */
  readonly serviceKeyFiles: Readonly<Record<ServiceName, string>>;
  /** Wraps the keys of the payloads: whoever loses it loses every history. */
  readonly rootKeyFile: string;
  readonly passwords: Readonly<Record<SchemaName, Readonly<Record<DatabaseRole, string>>>>;
  /** 32 bytes that chain the audit; whoever has them could forge it. */
  readonly auditKeyFile: string;
  /** What tokens of invitations are made from; whoever has it could accept them all. */
  readonly invitationKeyFile: string;
}

const DATABASE_ROLES = ['owner', 'app', 'sealer', 'relay', 'reconciler'] as const;
type DatabaseRole = (typeof DATABASE_ROLES)[number];

/** The key that signs callers' tokens; also works while the stack is down. */
export async function issuerKey(folder: string): Promise<JWK> {
  await mkdir(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  return ensureKey(join(folder, 'keys', 'issuer.jwk.json'));
}

export async function ensureStackKeys(folder: string): Promise<StackKeys> {
  const issuer = await issuerKey(folder);
  const principalKeyFile = join(folder, 'keys', 'principal.jwk.json');
  const principalJwksFile = join(folder, 'keys', 'principal.jwks.json');
  const principal = await ensureKey(principalKeyFile);
  const keyFileOf = (service: ServiceName) => join(folder, 'keys', `${service}.jwk.json`);
  const own = await Promise.all(
    SERVICES.map((service) => ensureKey(keyFileOf(service), `${SERVICE_KEY_PREFIX}${service}/${randomUUID()}`)),
  );
  await writeFile(principalJwksFile, `${JSON.stringify({ keys: [principal, ...own].map(publicKey) })}\n`);
  const serviceKeyFiles = Object.fromEntries(
    SERVICES.map((service) => [service, keyFileOf(service)]),
  ) as StackKeys['serviceKeyFiles'];
  const passwords = await ensurePasswords(folder);
  const auditKeyFile = await ensureAuditKey(folder);
  const invitationKeyFile = await ensureRandomKey(folder, 'invitation.key');
  const rootKeyFile = await ensureRootKey(folder);
  return {
    issuer,
    principalKeyFile,
    principalJwksFile,
    serviceKeyFiles,
    passwords,
    auditKeyFile,
    invitationKeyFile,
    rootKeyFile,
  };
}

async function ensureRootKey(folder: string): Promise<string> {
  const file = join(folder, 'keys', 'root-keys.json');
  if (!existsSync(file)) {
    const keys = [{ id: randomBytes(6).toString('hex'), key: randomBytes(32).toString('base64url') }];
    await writeFile(file, `${JSON.stringify(keys)}\n`, { mode: 0o600 });
  }
  return file;
}

async function ensurePasswords(folder: string): Promise<StackKeys['passwords']> {
  const file = join(folder, 'keys', 'database-passwords.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const known = JSON.parse(text) as Partial<Record<SchemaName, Partial<Record<DatabaseRole, string>>>>;
  const secret = () => randomBytes(18).toString('base64url');
  const passwords = Object.fromEntries(
    SCHEMAS.map((name) => [
      name,
      Object.fromEntries(DATABASE_ROLES.map((role) => [role, known[name]?.[role] ?? secret()])),
    ]),
  );
  await writeFile(file, `${JSON.stringify(passwords)}\n`, { mode: 0o600 });
  return passwords as StackKeys['passwords'];
}

/** The key that chains the audit; made once. */
export function ensureAuditKey(folder: string): Promise<string> {
  return ensureRandomKey(folder, 'audit.key');
}

async function ensureRandomKey(folder: string, name: string): Promise<string> {
  await mkdir(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  const file = join(folder, 'keys', name);
  if (!existsSync(file)) await writeFile(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  return file;
}
