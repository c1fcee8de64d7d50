import { cp, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@adx/local-parts';
import { SERVICES } from '@adx/services';
import { readConfig } from '@adx/worker-runtime';
import { Client } from 'pg';
import { DatabasesConfig, SecretsConfig } from '../src/config.ts';
import { makeSecrets } from '../src/make-secrets.ts';
import { prepareDatabases } from '../src/prepare-databases.ts';
import { SCHEMAS } from '../src/schemas.ts';

let folder: string;
let config: SecretsConfig;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adx-setup-'));
  const where = { ADX_DATABASE_ADDRESS: 'postgres:5432', ADX_SMTP_ADDRESS: 'inbox:1025' };
  config = SecretsConfig.parse({ ADX_SECRETS_FOLDER: join(folder, 'secrets'), ...where });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** By path below the folder of secrets. */
async function contents(): Promise<Record<string, string>> {
  const root = config.ADX_SECRETS_FOLDER;
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const read = files.map(async (file) => [file.slice(root.length + 1), await readFile(file, 'utf8')] as const);
  return Object.fromEntries(await Promise.all(read));
}

test('makes secrets once, and keeps them', async () => {
  await makeSecrets(config);
  const made = await contents();
  expect(Object.keys(made).length).toBeGreaterThan(15);
  await makeSecrets(config);
  expect(await contents()).toEqual(made);
});

test('makes what is missing, and leaves the rest', async () => {
  await makeSecrets(config);
  const { 'user-worker/audit.key': lost, ...kept } = await contents();
  await rm(join(config.ADX_SECRETS_FOLDER, 'user-worker', 'audit.key'));
  await makeSecrets(config);
  const { 'user-worker/audit.key': made, ...rest } = await contents();
  expect(rest).toEqual(kept);
  expect(made).not.toBe(lost);
});

test("gives no app what is another one's, and files to their owner alone", async () => {
  await makeSecrets(config);
  const made = await contents();
  const owners = Object.entries(made)
    .filter(([, text]) => /"d":/.test(text))
    .map(([file]) => file);
  const services = SERVICES.map((service) => `${service}-worker/service.jwk.json`);
  expect(owners.sort()).toEqual(['gateway/principal.jwk.json', ...services].sort());
  expect(new Set(owners.map((file) => made[file])).size).toBe(1 + SERVICES.length);
  expect(made['user-worker/audit.key']).not.toBe(made['tenant-worker/audit.key']);
  expect(made['user-worker/urls.env']).not.toContain('tenant_');
  expect(made['user-worker/urls.env']).not.toContain('_owner');
  for (const file of Object.keys(made)) {
    const { mode } = await stat(join(config.ADX_SECRETS_FOLDER, file));
    expect([file, mode & 0o777]).toEqual([file, 0o400]);
  }
});

test('prepares the databases of a server, and each role with its own password gets in', async () => {
  // A server of its own: roles belong to the whole of it, and other tests have theirs.
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
  try {
    await makeSecrets({ ...config, ADX_DATABASE_ADDRESS: `127.0.0.1:${postgres.port}` });
    const migrations = join(folder, 'migrations');
    const root = join(import.meta.dirname, '..', '..', '..');
    await cp(join(root, 'libs/payload-codec/migrations'), join(migrations, 'keys'), { recursive: true });
    for (const service of SERVICES) {
      await cp(join(root, `apps/${service}-worker/prisma/migrations`), join(migrations, service), { recursive: true });
    }
    const databases = DatabasesConfig.parse({
      ADX_ADMIN_DATABASE_URL: postgres.adminUrl,
      ADX_DATABASE_PASSWORDS_FILE: join(config.ADX_SECRETS_FOLDER, 'databases', 'passwords.json'),
      ADX_MIGRATIONS_FOLDER: migrations,
    });
    const applied = await prepareDatabases(databases);
    expect(Object.keys(applied).sort()).toEqual([...SCHEMAS].sort());
    expect(applied['tenant']!.length).toBeGreaterThan(applied['keys']!.length);
    const nothing = SCHEMAS.map((name) => [name, []]);
    expect(await prepareDatabases(databases)).toEqual(Object.fromEntries(nothing));

    const urls = Object.entries(await contents())
      .filter(([file]) => file.endsWith('-worker/urls.env'))
      .flatMap(([, text]) => [...text.matchAll(/postgres:\S+/g)].map(([url]) => url));
    // Its own four, and that of the payload keys.
    expect(urls).toHaveLength(5 * SERVICES.length);
    for (const url of urls) {
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query('select 1');
      await client.end();
    }
  } finally {
    await postgres.stop();
  }
});

test('says all at once what is missing, and no value', () => {
  const read = () => readConfig(DatabasesConfig, { ADX_ADMIN_DATABASE_URL: 'mysql://u:secret@h/d' });
  expect(read).toThrow(/ADX_ADMIN_DATABASE_URL[\s\S]*ADX_DATABASE_PASSWORDS_FILE[\s\S]*ADX_MIGRATIONS_FOLDER/);
  expect(read).not.toThrow(/secret/);
});
