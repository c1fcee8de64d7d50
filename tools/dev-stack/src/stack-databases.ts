import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { preparePostgresHome } from '@adx/local-parts';
import { migrate, provisionDatabase } from '@adx/persistence';
import { SERVICES } from '@adx/services';
import { SCHEMAS } from './stack-keys.ts';
import type { StackKeys } from './stack-keys.ts';

/** Roles, schemas and migrations of every service; does nothing to what is there already. */
export async function prepareDatabases(options: {
  readonly root: string;
  readonly postgresUrl: string;
  readonly keys: StackKeys;
  readonly port: number;
}): Promise<void> {
  const { root, postgresUrl, keys, port } = options;
  await provisionDatabase({
    adminUrl: postgresUrl,
    database: 'adx',
    services: SCHEMAS.map((name) => ({
      name,
      ownerPassword: keys.passwords[name].owner,
      appPassword: keys.passwords[name].app,
      sealerPassword: keys.passwords[name].sealer,
      relayPassword: keys.passwords[name].relay,
      reconcilerPassword: keys.passwords[name].reconciler,
    })),
  });
  await Promise.all([
    migrate({
      url: `postgres://keys_owner:${keys.passwords.keys.owner}@127.0.0.1:${port}/adx`,
      folder: join(root, 'libs', 'payload-codec', 'migrations'),
      kernel: false,
    }),
    ...SERVICES.map((name) =>
      migrate({
        url: `postgres://${name}_owner:${keys.passwords[name].owner}@127.0.0.1:${port}/adx`,
        folder: join(root, 'apps', `${name}-worker`, 'prisma', 'migrations'),
      }),
    ),
  ]);
}

/** Has the password: never print it. */
export async function superuserUrl(folder: string, port: number): Promise<string> {
  const { passwordFile } = await preparePostgresHome(join(folder, 'postgres'));
  return `postgres://postgres:${(await readFile(passwordFile, 'utf8')).trim()}@127.0.0.1:${port}/postgres`;
}
