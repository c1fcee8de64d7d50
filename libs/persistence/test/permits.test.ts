import { randomUUID } from 'node:crypto';
import type { RateLimitPlans } from '@adx/activity-middleware';
import fc from 'fast-check';
import { Pool } from 'pg';
import { accessRows } from '../src/access-rows.ts';
import type { Database } from '../src/connect-database.ts';
import { leasePermits } from '../src/permits.ts';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { createPermitModel } from './permit-model.ts';
import { newStep, principalOf } from './step-fixture.ts';
import { connectUsers } from './user-database.ts';
import type { UserTx } from './user-database.ts';

const DAY_MS = 86_400_000;

let database: TestDatabase;
let users: Database<UserTx>;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
  users = connectUsers(database.appUrl('user'));
  pool = new Pool({ connectionString: database.appUrl('user'), max: 4 });
});
afterAll(async () => {
  await pool.end();
  await users.close();
  await database.drop();
});

const plansOf = (limit: number, windowMs = DAY_MS): RateLimitPlans => ({ default: { tenant: { limit, windowMs } } });

test('a block is a 64th of the limit, at least one permit and at most 50', async () => {
  for (const [limit, block] of [
    [1, 1],
    [100, 1],
    [640, 10],
    [6_400, 50],
  ] as const) {
    const [lease] = await leasePermits(pool, plansOf(limit))(randomUUID(), ['tenant']);
    expect(lease).toMatchObject({ scope: 'tenant', granted: block });
    expect(lease?.validMs).toBeGreaterThanOrEqual(0);
    expect(lease?.validMs).toBeLessThanOrEqual(DAY_MS);
  }
});

test('tenants do not count against each other, and only a scope with a limit is counted', async () => {
  const lease = leasePermits(pool, plansOf(1));
  const [one, other] = [randomUUID(), randomUUID()];
  expect(await lease(one, ['tenant'])).toMatchObject([{ granted: 1 }]);
  expect(await lease(one, ['tenant'])).toMatchObject([{ granted: 0 }]);
  expect(await lease(other, ['tenant'])).toMatchObject([{ granted: 1 }]);
  expect(await lease(one, ['user/ada'])).toMatchObject([{ granted: 2_147_483_647 }]);
});

test('the plan of the tenant decides, one that the configuration does not know means the default', async () => {
  const limits = { tenant: { limit: 640, windowMs: DAY_MS } };
  const lease = leasePermits(pool, { ...plansOf(64), business: limits });
  const assign = (tenantId: string, plan: string | null) =>
    users.ledger.forward(newStep({ principal: principalOf({ tenantId }) }), async (tx) => {
      await accessRows(tx).assignPlan(plan);
      return null;
    });
  const tenantId = randomUUID();
  for (const [plan, granted] of [
    ['business', 10],
    ['golden', 1],
    [null, 1],
  ] as const) {
    await assign(tenantId, plan);
    expect(await lease(tenantId, ['tenant'])).toMatchObject([{ granted }]);
  }
});

test('a new window opens the limit again, and what was counted long ago is forgotten', async () => {
  const tenantId = randomUUID();
  const lease = leasePermits(pool, { default: { user: { limit: 1, windowMs: DAY_MS } } });
  expect(await lease(tenantId, ['user/ada', 'user/bob'])).toMatchObject([{ granted: 1 }, { granted: 1 }]);
  const back = (days: number, scope: string) =>
    database.superuser.query(
      'update "user".rate_limit set window_no = window_no - $1 where tenant_id = $2 and scope = $3',
      [days, tenantId, scope],
    );
  await back(1, 'user/ada');
  await back(3, 'user/bob');
  expect(await lease(tenantId, ['user/ada'])).toMatchObject([{ granted: 1 }]);
  expect(await lease(tenantId, ['user/ada'])).toMatchObject([{ granted: 0 }]);
  const { rows } = await database.superuser.query('select scope from "user".rate_limit where tenant_id = $1', [
    tenantId,
  ]);
  expect(rows).toEqual([{ scope: 'user/ada' }]);
});

test('a clock that was set back a little does not open a window again', async () => {
  const tenantId = randomUUID();
  const lease = leasePermits(pool, plansOf(1));
  const [first] = await lease(tenantId, ['tenant']);
  await database.superuser.query('update "user".rate_limit set window_no = window_no + 1 where tenant_id = $1', [
    tenantId,
  ]);
  expect(await lease(tenantId, ['tenant'])).toMatchObject([{ granted: 0, windowNo: first!.windowNo + 1 }]);
});

test('the app role reads and writes the counts through the function only', async () => {
  await expect(pool.query('update rate_limit set taken = 0')).rejects.toMatchObject({ code: '42501' });
  await expect(pool.query('delete from rate_plan')).rejects.toMatchObject({ code: '42501' });
});

test('counts that somebody holds too long are a fault worth another attempt', async () => {
  const tenantId = randomUUID();
  const lease = leasePermits(pool, plansOf(10));
  await lease(tenantId, ['tenant']);
  const holder = await database.superuser.connect();
  try {
    await holder.query('begin');
    await holder.query('select 1 from "user".rate_limit where tenant_id = $1 for update', [tenantId]);
    await expect(lease(tenantId, ['tenant'])).rejects.toMatchObject({ type: 'DatabaseError', nonRetryable: false });
  } finally {
    await holder.query('rollback');
    holder.release();
  }
});

const SCOPES = ['tenant', 'user/ada', 'user/bob', 'activity/shop.reserve'];

test('the database leases what the model leases, whatever is asked for and by how many at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        tenant: fc.integer({ min: 1, max: 400 }),
        user: fc.integer({ min: 1, max: 200 }),
      }),
      fc.array(fc.uniqueArray(fc.constantFrom(...SCOPES), { minLength: 1 }), { minLength: 1, maxLength: 12 }),
      async (most, asked) => {
        const tenantId = randomUUID();
        const limits = {
          tenant: { limit: most.tenant, windowMs: DAY_MS },
          user: { limit: most.user, windowMs: DAY_MS },
        };
        const model = createPermitModel({ limits, now: () => Date.now(), share: 64, most: 50 });
        const lease = leasePermits(pool, { default: limits });
        const leased = new Map<string, number>();
        for (const scopes of asked) {
          const blocks = await lease(tenantId, scopes);
          const wanted = model.lease(scopes);
          expect(Object.fromEntries(blocks.map((one) => [one.scope, one.granted]))).toEqual(
            Object.fromEntries(wanted.map((one) => [one.scope, one.granted])),
          );
          for (const { scope, granted } of blocks) leased.set(scope, (leased.get(scope) ?? 0) + granted);
        }
        // Then all at once, until nothing is left: the sum is the limit, whoever came first.
        const until = async (scope: string, limit: number) => {
          for (;;) {
            const rounds = await Promise.all(Array.from({ length: 4 }, () => lease(tenantId, ['tenant', 'user/ada'])));
            for (const { scope: name, granted } of rounds.flat()) leased.set(name, (leased.get(name) ?? 0) + granted);
            if ((leased.get(scope) ?? 0) >= limit) break;
          }
          expect(leased.get(scope)).toBe(limit);
        };
        await until('tenant', most.tenant);
        await until('user/ada', most.user);
      },
    ),
    { numRuns: 15 },
  );
}, 60_000);
