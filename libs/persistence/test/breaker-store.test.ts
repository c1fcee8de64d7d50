import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BreakerOutcome, BreakerPermit, BreakerStore } from '@adx/activity-middleware';
import fc from 'fast-check';
import { Pool } from 'pg';
import { createBreakerStore } from '../src/breaker-store.ts';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';

const LIMITS = { threshold: 5, openMs: 60_000 };
const PROBE_MS = 35_000;

let database: TestDatabase;
let pool: Pool;
let store: BreakerStore;

beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
  pool = new Pool({ connectionString: database.appUrl('user'), max: 16 });
  store = createBreakerStore(pool);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const newService = () => `s-${randomUUID()}`;
const permit = (service: string, probeMs = PROBE_MS) => store.permit(service, { probeMs });
const report = (service: string, outcome: BreakerOutcome, given?: BreakerPermit) =>
  store.report(service, outcome, { ...LIMITS, ...(given?.verdict === 'probe' ? { probe: given.probe } : {}) });

/** Moves a breaker's clock on, as time would. */
async function pass(service: string, ms: number): Promise<void> {
  await database.superuser.query(
    `update "user".external_breaker set open_until = open_until - $2 * interval '1 ms',
       probe_until = probe_until - $2 * interval '1 ms' where external_service = $1`,
    [service, ms],
  );
}

async function openBreaker(): Promise<string> {
  const service = newService();
  for (let count = 0; count < LIMITS.threshold; count += 1) await report(service, 'failed');
  return service;
}

describe('a breaker', () => {
  test('is closed at first, and opens after five failures in a row for a minute', async () => {
    const service = newService();
    expect(await permit(service)).toEqual({ verdict: 'closed', failures: 0 });
    for (let count = 1; count < 5; count += 1) {
      expect(await report(service, 'failed')).toEqual({ opened: false, failures: count });
      expect(await permit(service)).toEqual({ verdict: 'closed', failures: count });
    }
    expect(await report(service, 'failed')).toMatchObject({ opened: true });
    const refused = (await permit(service)) as { waitMs: number };
    expect(refused).toMatchObject({ verdict: 'open' });
    expect(refused.waitMs).toBeGreaterThan(55_000);
    expect(refused.waitMs).toBeLessThanOrEqual(60_000);
  });

  test('begins to count anew after a success', async () => {
    const service = newService();
    for (let count = 1; count < 5; count += 1) await report(service, 'failed');
    await report(service, 'ok');
    expect(await report(service, 'failed')).toEqual({ opened: false, failures: 1 });
  });

  test('lets one probe through after its minute, and closes when that succeeds', async () => {
    const service = await openBreaker();
    await pass(service, 60_000);
    const probe = await permit(service);
    expect(probe.verdict).toBe('probe');
    expect(await permit(service)).toMatchObject({ verdict: 'open' });
    expect(await report(service, 'ok', probe)).toMatchObject({ opened: false });
    expect(await permit(service)).toEqual({ verdict: 'closed', failures: 0 });
  });

  test('is open for another minute when its probe fails', async () => {
    const service = await openBreaker();
    await pass(service, 60_000);
    expect(await report(service, 'failed', await permit(service))).toMatchObject({ opened: true });
    await pass(service, 55_000);
    expect(await permit(service)).toMatchObject({ verdict: 'open' });
    await pass(service, 6_000);
    expect(await permit(service)).toMatchObject({ verdict: 'probe' });
  });

  test('gives the probe to another one when it was cancelled, or when its lease is over', async () => {
    const service = await openBreaker();
    await pass(service, 60_000);
    await report(service, 'unknown', await permit(service));
    const second = await permit(service);
    expect(second.verdict).toBe('probe');
    await pass(service, PROBE_MS);
    const third = await permit(service);
    expect(third.verdict).toBe('probe');
    // Whoever lost its lease no longer decides.
    await report(service, 'ok', second);
    expect(await permit(service)).toMatchObject({ verdict: 'open' });
    await report(service, 'ok', third);
    expect(await permit(service)).toMatchObject({ verdict: 'closed' });
  });

  test('does not listen to calls from the time before it opened', async () => {
    const service = await openBreaker();
    await report(service, 'ok');
    expect(await permit(service)).toMatchObject({ verdict: 'open' });
    await pass(service, 60_000);
    expect(await report(service, 'failed')).toMatchObject({ opened: true });
    expect(await permit(service)).toMatchObject({ verdict: 'probe' });
  });

  test('can be changed by the functions of the kernel only', async () => {
    for (const sql of ['select 1 from external_breaker', 'delete from external_breaker']) {
      await expect(pool.query(sql)).rejects.toMatchObject({ code: '42501' });
    }
  });
});

describe('16 at once', () => {
  test('count every failure', async () => {
    const service = newService();
    const many = { threshold: 1_000, openMs: 60_000 };
    await Promise.all(Array.from({ length: 64 }, () => store.report(service, 'failed', many)));
    expect(await permit(service)).toEqual({ verdict: 'closed', failures: 64 });
  });

  test('processes get one probe at a time, and every lease at most one', async () => {
    const service = await openBreaker();
    const script = fileURLToPath(new URL('breaker-process.ts', import.meta.url));
    const processes = Array.from({ length: 16 }, () =>
      fork(script, [database.appUrl('user'), service, String(PROBE_MS)], { execArgv: ['--conditions=@adx/source'] }),
    );
    await Promise.all(processes.map((one) => once(one, 'message')));
    for (const one of processes) one.send('go');
    // Three rounds: half-open, then twice a probe whose lease ran out.
    for (let round = 1; round <= 3; round += 1) {
      await pass(service, 60_000);
      await probesTaken(service, round);
    }
    const results = processes.map(async (one) => {
      const told = once(one, 'message');
      one.send('stop');
      return ((await told) as [{ asked: number; probes: string[] }])[0];
    });
    const told = await Promise.all(results);
    const probes = told.flatMap((one) => one.probes);
    expect(probes).not.toContain('closed');
    expect(probes).toHaveLength(3);
    expect(new Set(probes).size).toBe(3);
    for (const { asked } of told) expect(asked).toBeGreaterThan(0);
  });

  /** Waits until a new probe is on its way; how many there were is what the processes say. */
  async function probesTaken(service: string, round: number): Promise<void> {
    for (const until = Date.now() + 20_000; Date.now() < until;) {
      const { rowCount } = await database.superuser.query(
        `select from "user".external_breaker where external_service = $1 and probe_until > now()`,
        [service],
      );
      if (rowCount) return;
    }
    throw new Error(`nobody took probe ${round}`);
  }
});

/** What the breaker should be; times in milliseconds of its own clock. */
interface Model {
  now: number;
  failures: number;
  openUntil: number | undefined;
  probe: { readonly permit: number; readonly until: number } | undefined;
}

type Step =
  | { readonly do: 'permit' }
  | { readonly do: 'report'; readonly which: number; readonly outcome: BreakerOutcome }
  | { readonly do: 'pass'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ do: 'permit' as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('report' as const),
      which: fc.nat(3),
      outcome: fc.constantFrom<BreakerOutcome>('failed', 'failed', 'failed', 'ok', 'unknown'),
    }),
  },
  // Never close to a limit: the test takes time, too.
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(10_000, 36_500, 61_500) }),
  },
);

const UP_TO_A_PROBE: Step[] = [
  { do: 'permit' },
  ...Array.from({ length: LIMITS.threshold }, () => ({ do: 'report', which: 0, outcome: 'failed' }) as const),
  { do: 'permit' },
  { do: 'pass', ms: 61_500 },
  { do: 'permit' },
  { do: 'report', which: 0, outcome: 'ok' },
];

test('does what a model of it does, whatever happens in whatever order', async () => {
  const met = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const service = newService();
      const model: Model = { now: 0, failures: 0, openUntil: undefined, probe: undefined };
      const given: BreakerPermit[] = [];
      for (const one of steps) {
        if (one.do === 'pass') {
          model.now += one.ms;
          await pass(service, one.ms);
        } else if (one.do === 'permit') {
          const expected = modelPermit(model, given.length);
          const real = await permit(service);
          expect(real.verdict).toBe(expected);
          if (real.verdict === 'closed') expect(real.failures).toBe(model.failures);
          met.add(expected);
          if (real.verdict !== 'open') given.push(real);
        } else if (given.length > 0) {
          // Of the latest ones: also again, and long after.
          const index = Math.max(0, given.length - 1 - one.which);
          modelReport(model, given[index]!.verdict === 'probe' ? index : undefined, one.outcome);
          await report(service, one.outcome, given[index]);
        }
      }
    }),
    // Chance alone does not always come as far as a probe.
    { numRuns: 60, examples: [[UP_TO_A_PROBE]] },
  );
  expect([...met].toSorted()).toEqual(['closed', 'open', 'probe']);
});

function modelPermit(model: Model, index: number): BreakerPermit['verdict'] {
  if (model.openUntil === undefined) return 'closed';
  if (model.openUntil > model.now) return 'open';
  if (model.probe && model.probe.until > model.now) return 'open';
  model.probe = { permit: index, until: model.now + PROBE_MS };
  return 'probe';
}

function modelReport(model: Model, probe: number | undefined, outcome: BreakerOutcome): void {
  if (probe !== undefined) {
    if (model.probe?.permit !== probe) return;
    model.probe = undefined;
    if (outcome === 'failed') model.openUntil = model.now + LIMITS.openMs;
    if (outcome === 'ok') Object.assign(model, { openUntil: undefined, failures: 0 });
  } else if (model.openUntil === undefined) {
    if (outcome === 'ok') model.failures = 0;
    if (outcome === 'failed') model.failures += 1;
    if (model.failures >= LIMITS.threshold) model.openUntil = model.now + LIMITS.openMs;
  }
}
