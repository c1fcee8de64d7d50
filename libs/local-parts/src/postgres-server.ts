import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { freePorts } from './free-port.ts';
import { LocalPartError } from './local-part-error.ts';
import { startProcess } from './local-process.ts';
import type { LocalProcess, ProcessOptions } from './local-process.ts';
import { preparePostgresHome } from './postgres-home.ts';
import type { PostgresHome } from './postgres-home.ts';
import { endProcess, identifyProcess } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

export interface PostgresOptions {
  /** Where the cluster is kept; it is made at the first start. Root may find it elsewhere: {@link preparePostgresHome}. */
  readonly dataDir: string;
  readonly port?: number;
  readonly logFile?: string;
  /** `false`: nothing is flushed to disk, so a crash of the machine (not of Postgres) may lose it. For tests only. */
  readonly durable?: boolean;
  /** A Postgres that still runs on this cluster is ended first, instead of being an error. */
  readonly takeOver?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly onSpawn?: (pid: number) => void;
}

export interface PostgresServer {
  /** The superuser's URL of the database `postgres`. Has the password: never print it. */
  readonly adminUrl: string;
  readonly port: number;
  readonly pid: number;
  readonly process: LocalProcess<unknown>;
  /** Ends sessions and transactions, writes a checkpoint, and resolves when it is gone. */
  stop(): Promise<void>;
}

const SUPERUSER = 'postgres';

/**
 * Starts a real Postgres 18 on loopback. A cluster that was not stopped (SIGKILL, power cut) recovers by itself.
 *
 * @throws LocalPartError when it is not ready in 60 s, or runs on this cluster already and `takeOver` is not set
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const home = await preparePostgresHome(options.dataDir);
  const password = await ensureCluster(home, options.env);
  await clearPredecessor(home, options.takeOver ?? false);
  const port = options.port ?? (await freePorts(1))[0]!;
  const adminUrl = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    ...(options.durable === false ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  const run = () =>
    startProcess<true>({
      name: 'Postgres',
      command: home.postgres,
      args: ['-D', home.data, '-p', String(port), ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
      ...processOptions(home, options.env),
      ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
      ...(options.onSpawn === undefined ? {} : { onSpawn: options.onSpawn }),
      untilProbe: () => answers(adminUrl),
      readyWithin: 60_000,
      // "Fast": does not wait for clients to leave. SIGTERM would, for ever.
      stopSignal: 'SIGINT',
      // "Immediate": its own children end with it; SIGKILL would leave them for some seconds.
      abandonSignal: 'SIGQUIT',
    });
  const process = await startAfterCrash(run);
  return { adminUrl, port, pid: process.pid, process, stop: async () => void (await process.stop()) };
}

/** After a SIGKILL the children of the old Postgres hold its shared memory for a moment; it refuses to start so long. */
async function startAfterCrash(run: () => Promise<LocalProcess<true>>): Promise<LocalProcess<true>> {
  let failure: unknown;
  const started = await waitUntil(
    () =>
      run().catch((error: unknown) => {
        failure = error;
        if (error instanceof LocalPartError && error.message.includes('pre-existing shared memory block')) return undefined;
        throw error;
      }),
    { within: 75_000 },
  );
  if (!started) throw failure;
  return started;
}

/** Makes the cluster at the first start; says the superuser's password. */
async function ensureCluster(home: PostgresHome, env: NodeJS.ProcessEnv | undefined): Promise<string> {
  const made = join(home.data, 'PG_VERSION');
  if (existsSync(made) && existsSync(home.passwordFile)) return (await readFile(home.passwordFile, 'utf8')).trim();
  if (existsSync(made)) {
    throw new LocalPartError(
      `the cluster in ${home.data} has no password file ${home.passwordFile}; remove the cluster (\`npm run reset\`).`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  await writeFile(home.passwordFile, `${password}\n`, { mode: 0o600 });
  await chmod(home.passwordFile, 0o600);
  if (home.account) await chown(home.passwordFile, home.account.uid, home.account.gid);
  const initdb = await startProcess({
    name: 'initdb',
    command: home.initdb,
    args: [
      ...[`--pgdata=${home.data}`, `--username=${SUPERUSER}`, `--pwfile=${home.passwordFile}`],
      // One locale everywhere, so that sorting does not depend on the machine.
      ...['--auth=scram-sha-256', '--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8', '--no-instructions'],
      '--no-sync',
    ],
    ...processOptions(home, env),
  });
  const exit = await initdb.exited;
  if (exit.code !== 0) {
    await rm(home.passwordFile, { force: true });
    throw new LocalPartError(`initdb could not make a cluster in ${home.data}:\n    ${initdb.lastLines().join('\n    ')}`);
  }
  return password;
}

/** What both programs have in common: who runs them, and where from. */
function processOptions(
  { account }: PostgresHome,
  env: NodeJS.ProcessEnv | undefined,
): Pick<ProcessOptions<never>, 'uid' | 'gid' | 'env' | 'cwd'> {
  // Its account may not be able to enter the folder this was started in.
  return { cwd: '/', ...(account ?? {}), ...(env === undefined ? {} : { env }) };
}

/** A Postgres may still run on the cluster: one that outlived whoever started it. */
async function clearPredecessor(home: PostgresHome, takeOver: boolean): Promise<void> {
  const pidFile = join(home.data, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  const running = Number.isNaN(pid) ? undefined : identifyProcess(pid);
  if (!running || !isPostgresOf(running, home)) {
    // Left by a SIGKILL. Postgres checks it too, but takes any process of that number for its predecessor.
    await rm(pidFile, { force: true });
    return;
  }
  if (!takeOver) {
    throw new LocalPartError(`Postgres already runs on ${home.data} (pid ${pid}); stop it first (\`npm run stop\`).`);
  }
  await endProcess(running, { signal: 'SIGINT' });
}

/** Whether a process is a Postgres on this very cluster, as far as the system tells. */
function isPostgresOf({ pid }: ProcessIdentity, home: PostgresHome): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(home.data);
  } catch {
    // No such file system: better ask the user than end a stranger.
    return true;
  }
}

async function answers(adminUrl: string): Promise<true | undefined> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}
