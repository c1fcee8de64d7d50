import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { migrate, provisionDatabase } from '@adx/persistence';
import { Pool } from 'pg';
import { createLocalKeyProvider, createTenantKeys } from '../src/index.ts';
import type { KeyProvider, TenantKeys } from '../src/index.ts';

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
  await provisionDatabase({
    adminUrl,
    database,
    services: [{ name: 'keys', ownerPassword: PASSWORD, appPassword: PASSWORD }],
  });
  const urlOf = (change: { username?: string; password?: string }) =>
    Object.assign(new URL(adminUrl), { ...change, pathname: `/${database}` }).href;
  await migrate({
    url: urlOf({ username: 'keys_owner', password: PASSWORD }),
    folder: fileURLToPath(new URL('../migrations', import.meta.url)),
    kernel: false,
  });
  const superuser = new Pool({ connectionString: urlOf({}), max: 2 });
  superuser.on('error', () => undefined);
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
