import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import type { TakingProcess } from './limiter-process.ts';

const PROCESSES = 16;
const PROGRAM = fileURLToPath(new URL('./limiter-process.ts', import.meta.url));

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
});
afterAll(() => database.drop());

/** What all processes together took in each window. */
async function takeWithAll(settings: Omit<TakingProcess, 'url' | 'user' | 'tenantId'>) {
  const tenantId = randomUUID();
  const all = await Promise.all(
    Array.from({ length: PROCESSES }, async (_, index) => {
      const argument: TakingProcess = {
        ...settings,
        tenantId,
        url: database.appUrl('user'),
        user: `user-${index % 4}`,
      };
      const args = ['--conditions=@adx/source', '--disable-warning=ExperimentalWarning', PROGRAM];
      const { stdout } = await promisify(execFile)(process.execPath, [...args, JSON.stringify(argument)]);
      return JSON.parse(stdout) as { granted: Record<string, number>; refused: number };
    }),
  );
  const granted: Record<string, number> = {};
  for (const one of all) {
    for (const [windowNo, count] of Object.entries(one.granted)) granted[windowNo] = (granted[windowNo] ?? 0) + count;
  }
  return { windows: Object.values(granted), refused: all.reduce((sum, one) => sum + one.refused, 0) };
}

test('16 processes against one limit take exactly as much as it allows', async () => {
  // A window so long that the test is within one, but for once in three years.
  const windowMs = 86_400_000;
  const { windows, refused } = await takeWithAll({ limits: { tenant: { limit: 1_500, windowMs } }, windowMs });
  expect({ windows, refused }).toEqual({ windows: [1_500], refused: PROCESSES });
}, 60_000);

test('16 processes over many windows never take more than the limit in any of them', async () => {
  // Little enough that the processes reach it on the slowest machine: then it is the limit that holds them.
  const windowMs = 500;
  const limit = 20;
  const { windows, refused } = await takeWithAll({
    limits: { tenant: { limit, windowMs }, user: { limit: 15, windowMs } },
    windowMs,
    forMs: 4_000,
  });
  expect(Math.max(...windows)).toBeLessThanOrEqual(limit);
  expect(windows.filter((count) => count === limit).length).toBeGreaterThan(2);
  expect(refused).toBeGreaterThan(PROCESSES);
}, 60_000);
