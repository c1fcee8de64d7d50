import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalPartError } from './local-part-error.ts';
import { startProcess } from './local-process.ts';
import type { PostgresHome } from './postgres-home.ts';

/** The name of the superuser of every cluster. */
export const SUPERUSER = 'postgres';

/**
 * Makes the cluster at the first start.
 *
 * @returns the superuser's password: random, made with the cluster, kept in a file of mode 600
 * @throws LocalPartError when initdb fails (its output is in the message), or the password of a cluster is lost
 */
export async function ensureCluster(home: PostgresHome, options: { readonly durable: boolean }): Promise<string> {
  if (existsSync(join(home.data, 'PG_VERSION'))) return readPassword(home);
  const password = randomBytes(24).toString('base64url');
  await rm(home.passwordFile, { force: true });
  await writeFile(home.passwordFile, `${password}\n`, { mode: 0o600 });
  // Made under another name: a cluster that was interrupted half-way looks like a whole one.
  const draft = `${home.data}.draft`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  if (home.account) {
    await chown(draft, home.account.uid, home.account.gid);
    await chown(home.passwordFile, home.account.uid, home.account.gid);
  }
  const initdb = await startProcess({
    name: 'initdb',
    command: home.initdb,
    args: [
      ...[`--pgdata=${draft}`, `--username=${SUPERUSER}`, `--pwfile=${home.passwordFile}`, '--auth=scram-sha-256'],
      // The built-in locale, so that sorting and start do not depend on what the machine has installed.
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ...['--no-instructions', ...(options.durable ? [] : ['--no-sync'])],
    ],
    cwd: draft,
    env: { ...process.env, LC_ALL: 'C' },
    ...home.account,
  });
  const exit = await initdb.exited;
  if (exit.code !== 0) {
    throw new LocalPartError(
      `initdb cannot make a cluster in ${home.data}. Its last lines:\n    ${initdb.lastLines().join('\n    ')}`,
    );
  }
  await rename(draft, home.data);
  return password;
}

async function readPassword(home: PostgresHome): Promise<string> {
  const password = await readFile(home.passwordFile, 'utf8').catch(() => '');
  if (password.trim() !== '') return password.trim();
  throw new LocalPartError(
    `the password of the cluster in ${home.data} is lost (${home.passwordFile}); remove the cluster, ` +
      'with `npm run reset` if it is the one of the dev stack.',
  );
}
