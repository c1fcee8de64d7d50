import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';

// What a service keeps of a tenant is found in its catalogue, given out whole, and taken away down to what is kept for good.

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['tenant'] });
});
afterAll(() => database.drop());

const OPERATION = 'the operation that removes';

/** A tenant with rows in tables that refer to each other, and in the kernel's. */
async function newTenant(): Promise<string> {
  const id = randomUUID();
  const { superuser } = database;
  await superuser.query(`insert into tenant.tenant values ('${id}', '${id.slice(0, 8)}', 'Acme', 'team', 'active')`);
  await superuser.query(
    `insert into tenant.subscription (tenant_id, state, plan, created_at, changed_at)
       values ('${id}', 'trial', 'team', now(), now())`,
  );
  await superuser.query(
    `insert into tenant.subscription_event (tenant_id, event_id, type, data, status, reported_by, received_at)
       select '${id}', 'event ' || n, 'usageReported', '{"units": 1}', 'applied', 'operator:ann', now()
         from generate_series(1, 7) n`,
  );
  await superuser.query(`insert into tenant.seat (tenant_id, user_id) values ('${id}', gen_random_uuid())`);
  await superuser.query(`insert into tenant.access_tenant (tenant_id, status) values ('${id}', 'suspended')`);
  await superuser.query(
    `insert into tenant.access_member (tenant_id, subject, roles) select '${id}', 'member ' || n, '{owner}'
       from generate_series(1, 3) n`,
  );
  await superuser.query(
    `insert into tenant.step_ledger (tenant_id, execution_key, step, operation_id, activity, state, input, output, attempt)
       values ('${id}', 'one', 'invite', 'another operation', 'invite', 'done', '{"email": "a@b.example"}', '{}', 1),
              ('${id}', 'two', 'remove', '${OPERATION}', 'remove', 'started', '{}', null, 1)`,
  );
  await superuser.query(
    `insert into tenant.audit_pending (tenant_id, execution_key, operation_id, step, actor, actor_kind, action, outcome)
       values ('${id}', 'one', 'another operation', 'invite', 'ann', 'user', 'invite', 'succeeded')`,
  );
  return id;
}

/** As the service does it: the app role, in a transaction of the tenant. */
async function asTenant<R>(tenantId: string, work: (app: Client) => Promise<R>): Promise<R> {
  const app = new Client({ connectionString: database.appUrl('tenant') });
  await app.connect();
  try {
    await app.query(`select set_config('adx.tenant_id', $1, false)`, [tenantId]);
    return await work(app);
  } finally {
    await app.end();
  }
}

const TABLES = ['tenant', 'subscription', 'subscription_event', 'seat', 'access_tenant', 'access_member'];
const KEPT = ['step_ledger', 'audit_pending'];

async function countsOf(tenantId: string): Promise<Record<string, number>> {
  const { rows } = await database.superuser.query<{ name: string; rows: number }>(
    [...TABLES, ...KEPT]
      .map((name) => `select '${name}' as name, count(*)::int as rows from tenant.${name} where tenant_id = $1`)
      .join(' union all '),
    [tenantId],
  );
  return Object.fromEntries(rows.map(({ name, rows: count }) => [name, count]));
}

test('tables that refer to others come before them', async () => {
  const { rows } = await asTenant(randomUUID(), (app) => app.query<{ name: string }>('select domain_tables() as name'));
  const names = rows.map(({ name }) => name);
  expect(names.toSorted()).toEqual(['offboarding', 'seat', 'subscription', 'subscription_event', 'tenant']);
  expect(names.indexOf('subscription_event')).toBeLessThan(names.indexOf('subscription'));
  expect(names.at(-1)).toBe('tenant');
});

test('rows are given out page by page, each once, and no other tenant has a part in them', async () => {
  const [tenantId] = [await newTenant(), await newTenant()];
  const seen = await asTenant(tenantId, async (app) => {
    const all: { readonly event_id: string; readonly tenant_id: string }[] = [];
    for (;;) {
      const after = all.length === 0 ? null : JSON.stringify(all.at(-1));
      const page = await app.query<{ one: (typeof all)[number] }>(
        `select one from export_rows('subscription_event', $1, 3) as one`,
        [after],
      );
      all.push(...page.rows.map(({ one }) => one));
      if (page.rows.length < 3) return all;
    }
  });
  expect(seen.map(({ event_id: id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7].map((n) => `event ${n}`));
  expect(new Set(seen.map(({ tenant_id: id }) => id))).toEqual(new Set([tenantId]));
});

test('nothing but the tables of the service is given out', async () => {
  const ask = (table: string) => asTenant(randomUUID(), (app) => app.query('select export_rows($1, null, 1)', [table]));
  for (const table of ['step_ledger', 'access_member', 'pg_authid', 'tenant; select 1']) {
    await expect(ask(table)).rejects.toMatchObject({ code: '22023' });
  }
});

test('rows are removed some at a time, until what is left is what is kept for good', async () => {
  const [tenantId, other] = [await newTenant(), await newTenant()];
  const before = await countsOf(other);
  const removed = await asTenant(tenantId, async (app) => {
    const counts: number[] = [];
    for (;;) {
      const { rows } = await app.query<{ removed: number }>('select remove_rows($1, 5) as removed', [OPERATION]);
      if (rows[0]!.removed === 0) return counts;
      counts.push(rows[0]!.removed);
    }
  });
  expect(Math.max(...removed)).toBe(5);
  // One tenant, one subscription with seven events, one seat, three members, one row of the ledger.
  expect(removed.reduce((sum, count) => sum + count)).toBe(14);
  const none = Object.fromEntries(TABLES.map((table) => [table, 0]));
  expect(await countsOf(tenantId)).toEqual({ ...none, access_tenant: 1, step_ledger: 2, audit_pending: 1 });
  expect(await countsOf(other)).toEqual(before);
  const ledger = await database.superuser.query(
    'select step, state, input from tenant.step_ledger where tenant_id = $1 order by step',
    [tenantId],
  );
  expect(ledger.rows).toEqual([
    { step: 'invite', state: 'done', input: null },
    { step: 'remove', state: 'started', input: {} },
  ]);
});
