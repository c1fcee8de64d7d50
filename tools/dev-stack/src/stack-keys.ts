import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureKey, publicKey } from '@adx/local-parts';
import type { JWK } from 'jose';

/** The services that have a database schema and a worker. */
export const SERVICES = ['tenant', 'user', 'notification'] as const;
export type ServiceName = (typeof SERVICES)[number];
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
  /** Wraps the keys of the payloads: whoever loses it loses every history. */
  readonly rootKeyFile: string;
  readonly passwords: Readonly<Record<SchemaName, { readonly owner: string; readonly app: string }>>;
}

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
  await writeFile(principalJwksFile, `${JSON.stringify({ keys: [publicKey(principal)] })}\n`);
  const rootKeyFile = await ensureRootKey(folder);
  return { issuer, principalKeyFile, principalJwksFile, rootKeyFile, passwords: await ensurePasswords(folder) };
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
  const known = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Partial<StackKeys['passwords']>) : {};
  const missing = SCHEMAS.filter((name) => known[name] === undefined);
  const secret = () => randomBytes(18).toString('base64url');
  const made = Object.fromEntries(missing.map((name) => [name, { owner: secret(), app: secret() }]));
  const passwords = { ...known, ...made } as StackKeys['passwords'];
  // A stack of an earlier version lacks those of the schemas that are new.
  if (missing.length > 0) await writeFile(file, `${JSON.stringify(passwords)}\n`, { mode: 0o600 });
  return passwords;
}
