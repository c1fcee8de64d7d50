// What the chain around an activity costs, against a bare transaction with the same SQL, side by side in one run:
//   npm run bench:middleware [-- --json] [--entries <audit entries>]
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { StepLedger } from '@adx/activity-middleware';
import { formatOperationId } from '@adx/contract-kit';
import { removePostgres, startPostgres } from '@adx/local-parts';
import { connectAuditSealer, connectDatabase, readAuditKey, verifyAudit } from '@adx/persistence';
import { createTestDatabase, createTestKeys } from '@adx/testing';
import { PrismaPg } from '@prisma/adapter-pg';
import { MockActivityEnvironment } from '@temporalio/testing';
import pg from 'pg';
// eslint-disable-next-line @nx/enforce-module-boundaries -- a benchmark: the real generated client, and only services have one
import { PrismaClient } from '../../../user-worker/generated/prisma/client.ts';
import { bindBench, insertUser } from './bench-service.ts';
import type { BenchTx } from './bench-service.ts';
import { startCountingProxy } from './counting-proxy.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    entries: { type: 'string', default: '1000000' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  process.stdout.write('npm run bench:middleware [-- --json] [--entries <audit entries, 1000000 by default>]\n');
  process.exit(0);
}
const say = (line: string) => void process.stderr.write(`${line}\n`);

interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target: string;
  readonly ok: boolean;
}
const measures: Measure[] = [];
const measure = (name: string, value: number, unit: string, [sign, limit]: readonly ['<=' | '>=', number]) => {
  const ok = sign === '<=' ? value <= limit : value >= limit;
  measures.push({ name, value: Math.round(value * 1_000) / 1_000, unit, target: `${sign} ${limit}`, ok });
  say(`${ok ? 'ok    ' : 'MISSED'} ${name}: ${value.toFixed(2)} ${unit} (${sign} ${limit})`);
};

await using opened = new AsyncDisposableStack();
const folder = await mkdtemp(join(tmpdir(), 'adx-bench-'));
opened.defer(() => rm(folder, { recursive: true, force: true }));
say('starting Postgres ...');
const postgres = await startPostgres({ dataDir: join(folder, 'postgres') });
opened.defer(async () => {
  await postgres.stop();
  await removePostgres(join(folder, 'postgres'));
});
const database = await createTestDatabase({ adminUrl: postgres.adminUrl });
opened.defer(() => database.drop());
const keys = await createTestKeys();
opened.defer(() => keys.remove());

const tenantId = randomUUID();
const principal = await keys.signer.sign({ sub: 'bench', kind: 'operator', tenantId, roles: [] });
const callOf = () => {
  const operationId = formatOperationId({ tenantId, workflowType: 'bench', key: randomUUID() });
  return { operationId, principal, executionKey: `${operationId}/run`, step: 'insertUser' };
};
const environment = new MockActivityEnvironment();
/** Activities must run inside an activity: one context for many calls, so that it is not what is measured. */
const inActivity = <T>(work: () => Promise<T>): Promise<T> => environment.run(work) as Promise<T>;

const through = (port?: number) => {
  const url = new URL(database.url('user'));
  if (port) url.port = String(port);
  return url.href;
};
const connectFull = (port?: number) =>
  connectDatabase<BenchTx>({
    url: through(port),
    schema: 'user',
    createClient: (options) => new PrismaClient(options),
  });
const connectBare = (port?: number) => {
  const url = new URL(database.url('user'));
  const admin = new URL(postgres.adminUrl);
  // Past row security, as a bare transaction sets no tenant.
  Object.assign(url, { username: admin.username, password: admin.password, ...(port ? { port: String(port) } : {}) });
  const pool = new pg.Pool({ connectionString: url.href, max: 16 });
  const client = new PrismaClient({ adapter: new PrismaPg(pool, { schema: 'user' }) });
  return {
    insert: () => client.$transaction((tx) => insertUser(tx, tenantId, `${randomUUID()}@bench.example`)),
    close: async () => {
      await client.$disconnect();
      await pool.end();
    },
  };
};
const fullOf = (ledger: StepLedger<BenchTx>) => {
  const activities = bindBench(ledger, keys.verifier);
  return () => activities['insertUser']!({ email: `${randomUUID()}@bench.example` }, callOf());
};

await measureRoundTrips();
await measureCpu();
await measureRate();
await measureAudit(Number(values.entries));

const ok = measures.every((one) => one.ok);
if (values.json) process.stdout.write(`${JSON.stringify({ ok, measures }, null, 2)}\n`);
process.exitCode = ok ? 0 : 1;

async function measureRoundTrips(): Promise<void> {
  const proxy = await startCountingProxy(postgres.port);
  const full = connectFull(proxy.port);
  const bare = connectBare(proxy.port);
  const insert = fullOf(full.ledger);
  const trips = async (work: () => Promise<unknown>) => {
    // The first one connects.
    await work();
    const before = proxy.roundTrips();
    for (let n = 0; n < 20; n += 1) await work();
    return (proxy.roundTrips() - before) / 20;
  };
  const bareTrips = await trips(() => bare.insert());
  const fullTrips = await inActivity(() => trips(insert));
  await full.close();
  await bare.close();
  await proxy.close();
  say(`round trips: bare ${bareTrips}, full ${fullTrips}`);
  measure('round trips more than a bare transaction', fullTrips - bareTrips, 'round trips', ['<=', 2]);
}

async function measureCpu(): Promise<void> {
  const output = { userId: randomUUID() };
  // The ledger without a database: what is left is the chain.
  const ledger = { forward: () => Promise.resolve(output) } as unknown as StepLedger<BenchTx>;
  const insert = fullOf(ledger);
  const rounds = 20_000;
  const cpuOf = async (work: () => Promise<unknown>) => {
    for (let n = 0; n < 2_000; n += 1) await work();
    const before = process.cpuUsage();
    for (let n = 0; n < rounds; n += 1) await work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / rounds;
  };
  const input = () => Promise.resolve([`${randomUUID()}@bench.example`, callOf()]);
  const full = await inActivity(() => cpuOf(insert));
  const bare = await inActivity(() => cpuOf(input));
  measure('CPU of the chain outside the database', full - bare, 'us per activity', ['<=', 60]);
}

async function measureRate(): Promise<void> {
  const full = connectFull();
  const bare = connectBare();
  const insert = fullOf(full.ledger);
  const rate = async (work: () => Promise<unknown>, count: number) => {
    const began = performance.now();
    let left = count;
    const lane = async () => {
      while (left-- > 0) await work();
    };
    await Promise.all(Array.from({ length: 16 }, lane));
    return (count / (performance.now() - began)) * 1_000;
  };
  const rates = { full: [] as number[], bare: [] as number[] };
  await inActivity(async () => {
    await rate(() => bare.insert(), 300);
    await rate(insert, 300);
    // In turns, so that what else the machine does touches both.
    for (let round = 0; round < 7; round += 1) {
      rates.bare.push(await rate(() => bare.insert(), 600));
      rates.full.push(await rate(insert, 600));
    }
  });
  await full.close();
  await bare.close();
  const median = (all: number[]) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)]!;
  say(`rate at 16 in parallel: bare ${median(rates.bare).toFixed(0)}/s, full ${median(rates.full).toFixed(0)}/s`);
  measure('rate against the bare transaction', median(rates.full) / median(rates.bare), 'x', ['>=', 0.55]);
}

async function measureAudit(entries: number): Promise<void> {
  const audited = randomUUID();
  say(`writing ${entries} audit entries ...`);
  await database.superuser.query(
    `insert into "user".audit_pending
       (tenant_id, execution_key, operation_id, step, actor, actor_kind, action, outcome, detail)
     select $1, 'execution-' || n, 'operation-' || n, 'insertUser', 'bench', 'operator', 'insertUser', 'succeeded',
            jsonb_build_object('n', n)
     from generate_series(1, $2) n`,
    [audited, entries],
  );
  say('chaining them ...');
  const sealer = await connectAuditSealer({
    url: database.sealerUrl('user'),
    schema: 'user',
    keyFile: keys.auditKeyFile,
  });
  const stop = new AbortController();
  const began = performance.now();
  const running = sealer.run(stop.signal);
  const left = async () =>
    (await database.superuser.query('select 1 from "user".audit_pending where tenant_id = $1 limit 1', [audited]))
      .rowCount;
  while (await left()) await new Promise((resolve) => setTimeout(resolve, 200));
  const seconds = (performance.now() - began) / 1_000;
  stop.abort();
  await running;
  await sealer.close();
  say(`chained ${Math.round(entries / seconds)} entries per second`);
  say('verifying them ...');
  const pool = new pg.Pool({ connectionString: database.sealerUrl('user'), max: 1 });
  const start = performance.now();
  const result = await verifyAudit({ pool, key: await readAuditKey(keys.auditKeyFile), tenantId: audited });
  const took = (performance.now() - start) / 1_000;
  await pool.end();
  if (result.verified !== entries) throw new Error(`verified ${result.verified} of ${entries} entries`);
  measure(`audit verification of ${entries} entries`, took, 's', ['<=', (25 * entries) / 1_000_000]);
}
