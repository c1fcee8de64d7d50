import { join } from 'node:path';
import { migrate, provisionDatabase } from '@adx/persistence';
import { readJsonFile } from '@adx/worker-runtime';
import type { DatabasesConfig } from './config.ts';
import { Passwords, SCHEMAS } from './schemas.ts';

/**
 * Makes the database, the roles and the schemas, and applies every migration that is not applied yet. Idempotent, and safe
 * to run twice at once: it is the job before every roll-out.
 *
 * @returns the migrations that were applied, by schema
 */
export async function prepareDatabases(config: DatabasesConfig): Promise<Readonly<Record<string, readonly string[]>>> {
  const passwords = Passwords.parse(await readJsonFile(config.ADX_DATABASE_PASSWORDS_FILE));
  const { ADX_ADMIN_DATABASE_URL: adminUrl, ADX_DATABASE_NAME: database } = config;
  await provisionDatabase({
    adminUrl,
    database,
    services: SCHEMAS.map((name) => ({
      name,
      ownerPassword: passwords[name].owner,
      appPassword: passwords[name].app,
      sealerPassword: passwords[name].sealer,
      relayPassword: passwords[name].relay,
      reconcilerPassword: passwords[name].reconciler,
    })),
  });
  const applied = SCHEMAS.map(async (name) => {
    const url = new URL(adminUrl);
    Object.assign(url, { username: `${name}_owner`, password: passwords[name].owner, pathname: `/${database}` });
    const folder = join(config.ADX_MIGRATIONS_FOLDER, name);
    // The payload keys are no service: their schema has no ledger.
    return [name, await migrate({ url: url.href, folder, kernel: name !== 'keys' })] as const;
  });
  return Object.fromEntries(await Promise.all(applied));
}
