import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVICE_KEY_PREFIX } from '@adx/principal';
import { SERVICES } from '@adx/services';
import type { ServiceName } from '@adx/services';
import { exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';
import type { SecretsConfig } from './config.ts';
import { Passwords, SCHEMAS } from './schemas.ts';

/** For the app's own user and nobody else; the folders may belong to somebody else. */
const MODE = 0o400;

/**
 * Makes the secrets of every app, each in a folder of its own: keys as files, and `urls.env` with what has a password.
 * What is there is kept, so that it may run before every start. No app can read what is another one's.
 */
export async function makeSecrets(config: SecretsConfig): Promise<void> {
  const root = config.ADX_SECRETS_FOLDER;
  for (const app of ['databases', 'gateway', ...SERVICES.map((service) => `${service}-worker`)]) {
    await mkdir(join(root, app), { recursive: true, mode: 0o700 });
  }
  await ensureFile(join(root, 'databases', 'admin-password'), () => randomPassword());
  const passwords = Passwords.parse(
    JSON.parse(await ensureFile(join(root, 'databases', 'passwords.json'), () => JSON.stringify(newPasswords()))),
  );
  const rootKeys = await ensureFile(join(root, 'gateway', 'root-keys.json'), () => JSON.stringify([newRootKey()]));
  const principal = await ensureKey(join(root, 'gateway', 'principal.jwk.json'), randomUUID());
  const folderOf = (service: ServiceName) => join(root, `${service}-worker`);
  const own = await Promise.all(
    SERVICES.map((service) =>
      ensureKey(join(folderOf(service), 'service.jwk.json'), `${SERVICE_KEY_PREFIX}${service}/${randomUUID()}`),
    ),
  );
  const jwks = JSON.stringify({ keys: [principal, ...own].map(publicHalf) });
  for (const service of SERVICES) {
    await ensureFile(join(folderOf(service), 'root-keys.json'), () => rootKeys);
    await ensureFile(join(folderOf(service), 'principal.jwks.json'), () => jwks);
    await ensureFile(join(folderOf(service), 'audit.key'), () => randomBytes(32).toString('base64'));
    await ensureFile(join(folderOf(service), 'urls.env'), () => formatEnv(workerUrls(service, passwords, config)));
  }
  await ensureFile(join(folderOf('notification'), 'invitation.key'), () => randomBytes(32).toString('base64'));
  await ensureFile(join(root, 'gateway', 'urls.env'), () => formatEnv(gatewayUrls(passwords, config)));
  const admin = (await readFile(join(root, 'databases', 'admin-password'), 'utf8')).trim();
  await ensureFile(join(root, 'databases', 'urls.env'), () => formatEnv(databasesUrls(admin, config)));
}

/** The variables of a worker that hold a password. */
export function workerUrls(service: ServiceName, passwords: Passwords, config: SecretsConfig): Record<string, string> {
  const urlOf = (role: 'app' | 'sealer' | 'relay' | 'reconciler') =>
    postgresUrl(`${service}_${role}`, passwords[service][role], config);
  return {
    DATABASE_URL: urlOf('app'),
    AUDIT_DATABASE_URL: urlOf('sealer'),
    OUTBOX_DATABASE_URL: urlOf('relay'),
    RECONCILER_DATABASE_URL: urlOf('reconciler'),
    ...gatewayUrls(passwords, config),
    ...(service === 'notification' ? { SMTP_URL: `smtp://${config.ADX_SMTP_ADDRESS}` } : {}),
  };
}

/** The same for the gateway. */
export function gatewayUrls(passwords: Passwords, config: SecretsConfig): Record<string, string> {
  return { ADX_KEYS_DATABASE_URL: postgresUrl('keys_app', passwords.keys.app, config) };
}

/** The same for the job that prepares the databases. */
export function databasesUrls(adminPassword: string, config: SecretsConfig): Record<string, string> {
  const admin = { ...config, ADX_DATABASE_NAME: 'postgres' };
  return { ADX_ADMIN_DATABASE_URL: postgresUrl('postgres', adminPassword, admin) };
}

function postgresUrl(user: string, password: string, config: SecretsConfig): string {
  return `postgres://${user}:${encodeURIComponent(password)}@${config.ADX_DATABASE_ADDRESS}/${config.ADX_DATABASE_NAME}`;
}

function formatEnv(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

function newPasswords(): Passwords {
  const roles = () => ({
    owner: randomPassword(),
    app: randomPassword(),
    sealer: randomPassword(),
    relay: randomPassword(),
    reconciler: randomPassword(),
  });
  return Object.fromEntries(SCHEMAS.map((name) => [name, roles()])) as Passwords;
}

function newRootKey() {
  return { id: randomBytes(6).toString('hex'), key: randomBytes(32).toString('base64url') };
}

/** Of letters that mean nothing in a URL or a shell. */
function randomPassword(): string {
  return randomBytes(24).toString('base64url');
}

async function ensureKey(file: string, kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const made = JSON.stringify({ ...(await exportJWK(privateKey)), kid, alg: 'EdDSA' });
  return JSON.parse(await ensureFile(file, () => made)) as JWK;
}

function publicHalf({ kty, crv, x, kid, alg }: JWK): JWK {
  return { kty, crv, x, kid, alg, use: 'sig' } as JWK;
}

/** @returns what the file has: what was there, or what was made now */
async function ensureFile(file: string, make: () => string): Promise<string> {
  if (!existsSync(file)) {
    // Renamed into place: an interrupted run leaves no half of a key that the next one would keep.
    await writeFile(`${file}.draft`, `${make()}\n`, { mode: MODE });
    await rename(`${file}.draft`, file);
  }
  return (await readFile(file, 'utf8')).trim();
}
