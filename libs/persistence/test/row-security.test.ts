import { randomUUID } from 'node:crypto';
import { SERVICES } from '@adx/services';
import type { ServiceName } from '@adx/services';
import { Client } from 'pg';
import { WITHOUT_TENANT } from './catalogue-faults.ts';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';

/** One value for each column without a default, by type; checks of the schema are satisfied by the names below. */
const VALUES: Record<string, string> = {
  uuid: 'gen_random_uuid()',
  text: `'x' || gen_random_uuid()`,
  integer: '1',
  'text[]': `'{owner}'`,
  'timestamp with time zone': 'now()',
  bigint: '1',
  bytea: `'\\x00'`,
  jsonb: `'{}'`,
};
const CHECKED: Record<string, string> = {
  'step_ledger.state': `'done'`,
  'access_tenant.status': `'active'`,
  'audit_pending.outcome': `'succeeded'`,
  'audit.outcome': `'succeeded'`,
  'tenant.plan': `'free'`,
  'tenant.status': `'pending'`,
  'app_user.role': `'owner'`,
  'directory.url': `'https://directory.example/' || gen_random_uuid()`,
  'channel.kind': `'email'`,
  'offboarding.status_before': `'active'`,
  'outbox.kind': `'event'`,
  'subscription.state': `'trial'`,
  'subscription.plan': `'free'`,
  'subscription_event.status': `'applied'`,
  'webhook_endpoint.url': `'https://hooks.example/' || gen_random_uuid()`,
};

let database: TestDatabase;
const tenantA = randomUUID();
const tenantB = randomUUID();

beforeAll(async () => {
  database = await createTestDatabase();
  for (const service of SERVICES) await asWriter(service, tenantA, insertInto);
});
afterAll(() => database.drop());

async function tablesOf(service: ServiceName): Promise<string[]> {
  const { rows } = await database.superuser.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = $1::regnamespace and relkind in ('r', 'p', 'v', 'm')
       and relname <> all ($2) order by 1`,
    [`"${service}"`, WITHOUT_TENANT],
  );
  return rows.map(({ name }) => name);
}

/** One row a table is enough here: what they refer to need not be there, nor be written first. */
async function asWriter(service: ServiceName, tenantId: string, sqlFor: typeof insertInto): Promise<void> {
  const writer = await database.superuser.connect();
  try {
    await writer.query('set session_replication_role = replica');
    for (const table of await tablesOf(service)) await writer.query(await sqlFor(service, table, tenantId));
  } finally {
    writer.release(true);
  }
}

/** Fills every column that has no default. */
async function insertInto(service: ServiceName, table: string, tenantId: string): Promise<string> {
  const { rows } = await database.superuser.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and attnotnull and not atthasdef and attidentity = ''`,
    [`"${service}"."${table}"`],
  );
  const values = rows.map(({ name, type }) => {
    if (name === 'tenant_id') return `'${tenantId}'`;
    const value = CHECKED[`${table}.${name}`] ?? VALUES[type];
    if (!value) throw new Error(`this test has no value for ${service}.${table}.${name} of type ${type}; add one`);
    return value;
  });
  return `insert into "${service}"."${table}" (${rows.map(({ name }) => `"${name}"`).join(', ')}) values (${values.join(', ')})`;
}

/** Connects as the app role, the way an attacker with its password would. */
async function asApp(service: ServiceName, tenantId: string | undefined, work: (app: Client) => Promise<void>) {
  const app = new Client({ connectionString: database.appUrl(service) });
  await app.connect();
  try {
    if (tenantId !== undefined) await app.query(`select set_config('adx.tenant_id', $1, false)`, [tenantId]);
    await work(app);
  } finally {
    await app.end();
  }
}

/** How many rows a statement touched; none when the role may not even try. */
async function touched(app: Client, sql: string): Promise<number> {
  try {
    return (await app.query(sql)).rowCount ?? 0;
  } catch (error) {
    expect(error).toMatchObject({ code: '42501' });
    return 0;
  }
}

describe.each(SERVICES)('of the tables of %s', (service) => {
  test('there are those of the kernel and at least one of the domain', async () => {
    const tables = await tablesOf(service);
    expect(tables).toEqual(
      expect.arrayContaining([
        'access_member',
        'access_tenant',
        'audit',
        'audit_head',
        'audit_pending',
        'rate_limit',
        'rate_plan',
        'step_ledger',
      ]),
    );
    expect(tables.length).toBeGreaterThan(6);
  });

  test('every one has a row of tenant A, which A sees', async () => {
    await asApp(service, tenantA, async (app) => {
      for (const table of await tablesOf(service)) {
        expect([table, await touched(app, `select * from "${table}"`)]).toEqual([table, 1]);
      }
    });
  });

  test.each([
    ['unset', undefined],
    ['empty', ''],
    ['that of B', tenantB],
  ])('none shows a row of A, or lets one be changed or removed, while the tenant is %s', async (_name, tenantId) => {
    await asApp(service, tenantId, async (app) => {
      for (const table of await tablesOf(service)) {
        for (const statement of [
          `select * from "${table}"`,
          `update "${table}" set tenant_id = tenant_id`,
          `delete from "${table}"`,
        ]) {
          expect([statement, await touched(app, statement)]).toEqual([statement, 0]);
        }
      }
    });
    const left = await Promise.all(
      (await tablesOf(service)).map((table) => database.superuser.query(`select 1 from "${service}"."${table}"`)),
    );
    expect(left.map(({ rowCount }) => rowCount)).toEqual(left.map(() => 1));
  });

  test.each([
    ['unset', undefined],
    ['that of B', tenantB],
  ])('none takes a new row of A while the tenant is %s', async (_name, tenantId) => {
    await asApp(service, tenantId, async (app) => {
      for (const table of await tablesOf(service)) {
        const insert = await insertInto(service, table, tenantA);
        await expect(app.query(insert)).rejects.toMatchObject({ code: '42501' });
      }
    });
  });

  test('none lets a row be handed to another tenant', async () => {
    const tenantC = randomUUID();
    await asWriter(service, tenantC, insertInto);
    try {
      await asApp(service, tenantC, async (app) => {
        for (const table of await tablesOf(service)) {
          // Kernel tables refuse every statement of this kind.
          const handOver = app.query(`update "${table}" set tenant_id = '${tenantA}'`);
          await expect(handOver).rejects.toMatchObject({ code: '42501' });
        }
      });
    } finally {
      const remove = async (_service: ServiceName, table: string) =>
        `delete from "${service}"."${table}" where tenant_id = '${tenantC}'`;
      await asWriter(service, tenantC, remove);
    }
  });

  test.each(SERVICES.filter((other) => other !== service))('none can be read by the app role of %s', async (other) => {
    await asApp(other, tenantA, async (app) => {
      for (const table of await tablesOf(service)) {
        await expect(app.query(`select 1 from "${service}"."${table}"`)).rejects.toMatchObject({ code: '42501' });
      }
    });
  });
});
