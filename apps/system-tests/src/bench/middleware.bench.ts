// What the chain around an activity costs, against a bare transaction with the same SQL, side by side in one run:
//   npm run bench:middleware [-- --json] [--only trips|cpu|rate|audit] [--entries <audit entries>]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { removePostgres, startPostgres } from '@adx/local-parts';
import { createTestDatabase, createTestKeys } from '@adx/testing';
import { measureAudit } from './audit-measure.ts';
import { createSides } from './bench-sides.ts';
import { measureCpu, measureRate, measureRoundTrips } from './chain-measures.ts';
import { createReport } from './report.ts';

const usage = `npm run bench:middleware [-- <options>]

  --only <trips|cpu|rate|audit>   one of the four measures
  --entries <number>              audit entries, 1000000 by default
  --json                          the measures on stdout; exit code 1 when one of them misses its target
`;
const PARTS = ['trips', 'cpu', 'rate', 'audit'] as const;
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    entries: { type: 'string', default: '1000000' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const entries = Number(values.entries);
const wrong = !Number.isSafeInteger(entries) || entries < 1 || (values.only && !PARTS.some((p) => p === values.only));
if (values.help || wrong) {
  process[wrong ? 'stderr' : 'stdout'].write(usage);
  process.exit(wrong ? 2 : 0);
}

const report = createReport();
await using opened = new AsyncDisposableStack();
const folder = await mkdtemp(join(tmpdir(), 'adx-bench-'));
opened.defer(() => rm(folder, { recursive: true, force: true }));
report.say('starting Postgres ...');
const postgres = await startPostgres({ dataDir: join(folder, 'postgres') });
opened.defer(async () => {
  await postgres.stop();
  await removePostgres(join(folder, 'postgres'));
});
const { adminUrl } = postgres;
const database = await createTestDatabase({ adminUrl });
opened.defer(() => database.drop());
const keys = await createTestKeys();
opened.defer(() => keys.remove());
const sides = await createSides({ database, keys, adminUrl });

const measures = {
  trips: () => measureRoundTrips(sides, report, postgres.port),
  cpu: () => measureCpu(sides, report),
  rate: () => measureRate(sides, report),
  audit: () => measureAudit({ database, keys }, report, entries),
};
for (const part of PARTS) if (!values.only || part === values.only) await measures[part]();
process.exitCode = report.end(values.json);
