import { mkdtemp } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import tearDown from './jest-global-teardown.mjs';

/** One real Postgres and one real Temporal server for the whole run, on free ports and in a temporary folder. */
export default async function setUp() {
  const { findTemporal, startPostgres, startTemporal } = await import('@adx/local-parts');
  const say = (line) => process.stderr.write(`${line}\n`);
  const binary = await findTemporal({ onProgress: say });
  const folder = await mkdtemp(join(tmpdir(), 'adx-test-'));
  // Known to the tear-down from here on, each part as soon as it runs.
  const parts = (globalThis.__adxTestParts = { folder });
  endOnSignal();
  try {
    parts.postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
    parts.temporal = await startTemporal({ binary, preciseTimers: true });
  } catch (error) {
    await tearDown();
    throw error;
  }
  process.env.ADX_TEST_POSTGRES_URL = parts.postgres.adminUrl;
  process.env.ADX_TEST_TEMPORAL_ADDRESS = parts.temporal.address;
  process.env.ADX_TEST_TEMPORAL_CLI = binary;
}

/** Jest ends at once on Ctrl-C, without its tear-down; the parts are in groups of their own and would go on for ever. */
function endOnSignal() {
  let ending;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // Not `once`: Ctrl-C arrives twice, from the terminal and passed on by the program that started jest.
    process.on(signal, () => {
      ending ??= tearDown().finally(() => process.exit(128 + constants.signals[signal]));
    });
  }
}
