import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { freePorts } from './free-port.ts';
import { LocalPartError } from './local-part-error.ts';
import { startProcess } from './local-process.ts';
import type { LocalProcess } from './local-process.ts';
import { SUPERUSER, ensureCluster } from './postgres-cluster.ts';
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
  readonly signal?: AbortSignal;
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

/**
 * Starts a real Postgres 18 on loopback. A cluster that was not stopped (SIGKILL, power cut) recovers by itself.
 *
 * @throws LocalPartError when it is not ready in 60 s, or runs on this cluster already and `takeOver` is not set
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const home = await preparePostgresHome(options.dataDir);
  const password = await ensureCluster(home, { durable: options.durable ?? true });
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
      cwd: home.data,
      ...home.account,
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
      ...(options.onSpawn === undefined ? {} : { onSpawn: options.onSpawn }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
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
        if (error instanceof LocalPartError && error.message.includes('pre-existing shared memory block'))
          return undefined;
        throw error;
      }),
    { within: 75_000 },
  );
  if (!started) throw failure;
  return started;
}

/** Ends what a killed manager left running, and removes the lock file of a Postgres that is no more. */
async function clearPredecessor(home: PostgresHome, takeOver: boolean): Promise<void> {
  const lock = join(home.data, 'postmaster.pid');
  const running = postmasterOf(lock);
  if (running && !takeOver) {
    throw new LocalPartError(`a Postgres (pid ${running.pid}) already runs on ${home.data}; stop that one first.`);
  }
  if (running) await endProcess(running, { signal: 'SIGINT' });
  // Postgres would refuse to start if another program has the pid in that file by now, as happens in containers.
  await rm(lock, { force: true });
}

function postmasterOf(lock: string): ProcessIdentity | undefined {
  const [pid, data] = existsSync(lock) ? readFileSync(lock, 'utf8').split('\n') : [];
  const identity = pid === undefined ? undefined : identifyProcess(Number(pid));
  return identity && data !== undefined && commandLine(identity.pid).includes(data) ? identity : undefined;
}

function commandLine(pid: number): string {
  return spawnSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}

async function answers(adminUrl: string): Promise<true | undefined> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
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
