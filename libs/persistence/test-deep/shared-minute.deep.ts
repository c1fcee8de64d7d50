import { execFile, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Pool } from 'pg';
import { createBreakerStore } from '../src/breaker-store.ts';
import { createTestDatabase } from '../test/database.ts';
import type { TestDatabase } from '../test/database.ts';
import type { TakingProcess } from '../test/limiter-process.ts';

const PROCESSES = 16;
const MINUTE_MS = 60_000;
const script = (name: string) => fileURLToPath(new URL(`../test/${name}`, import.meta.url));

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
});
afterAll(() => database.drop());

test('16 processes against one limit for a minute never take more than it allows in any window', async () => {
  const windowMs = 2_000;
  const limits = { tenant: { limit: 60, windowMs }, user: { limit: 40, windowMs } };
  const tenantId = randomUUID();
  const all = await Promise.all(
    Array.from({ length: PROCESSES }, async (_, index) => {
      const settings: TakingProcess = {
        url: database.appUrl('user'),
        tenantId,
        user: `user-${index % 4}`,
        limits,
        windowMs,
        forMs: MINUTE_MS,
      };
      const args = ['--conditions=@adx/source', '--disable-warning=ExperimentalWarning', script('limiter-process.ts')];
      const { stdout } = await promisify(execFile)(process.execPath, [...args, JSON.stringify(settings)]);
      return JSON.parse(stdout) as { granted: Record<string, number>; refused: number };
    }),
  );
  const windows: Record<string, number> = {};
  for (const one of all) {
    for (const [windowNo, count] of Object.entries(one.granted)) windows[windowNo] = (windows[windowNo] ?? 0) + count;
  }
  const counts = Object.values(windows);
  expect(counts.length).toBeGreaterThan(20);
  expect(Math.max(...counts)).toBeLessThanOrEqual(60);
  expect(counts.filter((count) => count === 60).length).toBeGreaterThan(10);
}, 180_000);

test('16 processes against one breaker for a minute get one probe for each time that it is due', async () => {
  const pool = new Pool({ connectionString: database.appUrl('user'), max: 2 });
  const store = createBreakerStore(pool);
  const service = `s-${randomUUID()}`;
  for (let count = 0; count < 5; count += 1) await store.report(service, 'failed', { threshold: 5, openMs: 600_000 });
  const processes = Array.from({ length: PROCESSES }, () =>
    fork(script('breaker-process.ts'), [database.appUrl('user'), service, '600000'], {
      execArgv: ['--conditions=@adx/source'],
    }),
  );
  await Promise.all(processes.map((one) => once(one, 'message')));
  for (const one of processes) one.send('go');
  const end = Date.now() + MINUTE_MS;
  let due = 0;
  while (Date.now() < end) {
    // The breaker's time passes, the lease of the probe before included.
    await database.superuser.query(
      `update "user".external_breaker set open_until = now() - interval '1 ms', probe_until = now() - interval '1 ms'
       where external_service = $1`,
      [service],
    );
    due += 1;
    for (let taken = false; !taken;) {
      if (Date.now() > end + 30_000) throw new Error(`nobody took probe ${due}`);
      const { rowCount } = await database.superuser.query(
        'select from "user".external_breaker where external_service = $1 and probe_until > now()',
        [service],
      );
      taken = Boolean(rowCount);
    }
  }
  const told = await Promise.all(
    processes.map(async (one) => {
      const said = once(one, 'message');
      one.send('stop');
      return ((await said) as [{ asked: number; probes: string[] }])[0];
    }),
  );
  const probes = told.flatMap((one) => one.probes);
  expect(probes).not.toContain('closed');
  expect(new Set(probes).size).toBe(probes.length);
  expect(probes).toHaveLength(due);
  expect(due).toBeGreaterThan(20);
  await pool.end();
}, 180_000);
