import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { Client, Pool } from 'pg';
import { createLocalKeyProvider, createTenantKeys } from '../src/index.ts';
import type { KeyProvider, TenantKeys } from '../src/index.ts';

const MIGRATIONS = new URL('../migrations/', import.meta.url);

/** Roles belong to the cluster, so all databases of one test run share their passwords. */
const PASSWORD = 'test';

/** A fresh schema `keys` on the Postgres of this test run. */
export interface KeysDatabase {
  /** Connects as the app role. */
  readonly url: string;
  /** Sees everything: tests look with it, the code under test never has it. */
  readonly superuser: Pool;
  /** As another process would. */
  connect(options?: { rememberedMs?: number; now?: () => number; keyProvider?: KeyProvider }): TenantKeys;
  drop(): Promise<void>;
}

export const rootKey = (id: string) => ({ id, key: randomBytes(32) });

export async function createKeysDatabase(): Promise<KeysDatabase> {
  const adminUrl = process.env['ADX_TEST_POSTGRES_URL']!;
  const database = `test_${randomUUID().replaceAll('-', '')}`;
  const urlOf = (change: { username?: string; password?: string }) =>
    Object.assign(new URL(adminUrl), { ...change, pathname: `/${database}` }).href;
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  // Roles belong to the cluster: whoever comes first makes them, under the lock of the platform's own provisioning.
  await admin.query("select pg_advisory_lock(hashtextextended('adx.provision', 0))");
  for (const role of ['keys_owner', 'keys_app']) {
    const { rowCount } = await admin.query('select 1 from pg_roles where rolname = $1', [role]);
    const rights = 'login nosuperuser nobypassrls nocreatedb nocreaterole noinherit';
    if (!rowCount) await admin.query(`create role "${role}" ${rights} password '${PASSWORD}'`);
  }
  await admin.query(`create database "${database}"`);
  for (const role of ['keys_owner', 'keys_app']) {
    await admin.query(`alter role "${role}" in database "${database}" set search_path = keys`);
  }
  await admin.end();
  const superuser = new Pool({ connectionString: urlOf({}), max: 2 });
  superuser.on('error', () => undefined);
  await superuser.query('create schema keys authorization keys_owner; grant usage on schema keys to keys_app');
  const owner = new Client({ connectionString: urlOf({ username: 'keys_owner', password: PASSWORD }) });
  await owner.connect();
  for (const name of (await readdir(MIGRATIONS)).sort()) {
    await owner.query(await readFile(new URL(`${name}/migration.sql`, MIGRATIONS), 'utf8'));
  }
  await owner.end();
  const url = urlOf({ username: 'keys_app', password: PASSWORD });
  const usual = createLocalKeyProvider([rootKey('first')]);
  const opened: TenantKeys[] = [];
  return {
    url,
    superuser,
    connect: ({ keyProvider = usual, ...options } = {}) => {
      const keys = createTenantKeys({ url, keyProvider, ...options });
      opened.push(keys);
      return keys;
    },
    async drop() {
      await Promise.all(opened.map((keys) => keys.close()));
      await superuser.end();
      const cluster = new Pool({ connectionString: adminUrl, max: 1 });
      await cluster.query(`drop database if exists "${database}" with (force)`);
      await cluster.end();
    },
  };
}
