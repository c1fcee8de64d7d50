import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One real Postgres and one real Temporal server for the whole run, on free ports and in a temporary folder. */
export default async function setUp() {
  const { findTemporal, startPostgres, startTemporal } = await import('@adx/local-parts');
  const say = (line) => process.stderr.write(`${line}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'adx-test-'));
  const binary = await findTemporal({ onProgress: say });
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
  const temporal = await startTemporal({ binary, preciseTimers: true });
  process.env.ADX_TEST_POSTGRES_URL = postgres.adminUrl;
  process.env.ADX_TEST_TEMPORAL_ADDRESS = temporal.address;
  process.env.ADX_TEST_TEMPORAL_CLI = binary;
  globalThis.__adxTestParts = { folder, postgres, temporal };
}
