import { SERVICES } from '@adx/services';
import { catalogueFaults } from './catalogue-faults.ts';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test.each(SERVICES)('the schema of %s has no fault', async (service) => {
  expect(await catalogueFaults(database.superuser, service)).toEqual([]);
});

// A check that cannot fail is worth nothing: each fault is made once, as a careless migration would.
test.each([
  ['a table without row security', `create table "user".leak (tenant_id uuid primary key)`, 'leak: row security'],
  [
    'row security that is not forced',
    `alter table "user".app_user no force row level security`,
    'app_user: row security',
  ],
  ['a table without a tenant', `create table "user".leak (id int)`, 'leak: has no tenant_id'],
  ['a second policy', `create policy also on "user".app_user using (true)`, 'app_user: its policies'],
  ['a policy that lets all through', `alter policy tenant on "user".app_user using (true)`, 'app_user: its policies'],
  [
    'a policy for writing that lets all through',
    `alter policy tenant on "user".app_user with check (true)`,
    'app_user: its policies',
  ],
  ['a unique key over all tenants', `create unique index leak on "user".app_user (email)`, 'leak: a unique key'],
  [
    'a foreign key without the tenant',
    `create table "user".leak (tenant_id uuid, code text unique); alter table "user".app_user add constraint points foreign key (role) references "user".leak (code) not valid`,
    'points: a foreign key',
  ],
  ['a view of the owner', `create view "user".leak as select * from "user".app_user`, 'leak: a view'],
  [
    'a materialized view',
    `create materialized view "user".leak as select * from "user".app_user`,
    'leak: a materialized view',
  ],
  [
    'a right to change the ledger',
    `grant update on "user".step_ledger to user_app`,
    'step_ledger: the app role may update',
  ],
  [
    'a right to remove audit entries',
    `grant delete on "user".audit_pending to user_app`,
    'audit_pending: the app role may delete',
  ],
  ['a relay that sees more', `grant select on "user".app_user to user_relay`, 'app_user: the relay may select'],
  [
    'a reconciler that changes the ledger',
    `grant update on "user".step_ledger to user_reconciler`,
    'step_ledger: the reconciler may update',
  ],
  [
    'a relay that calls functions',
    `grant execute on function "user".finish_step to user_relay`,
    'finish_step: the relay may execute',
  ],
  [
    'an app role that requeues',
    `grant execute on function "user".requeue_outbox to user_app`,
    'requeue_outbox: the app role may execute',
  ],
  ['a right to truncate', `grant truncate on "user".app_user to user_app`, 'app_user: the app role may truncate'],
  [
    'a new function of the owner',
    `create function "user".leak() returns int language sql security definer as 'select 1'`,
    'leak: may run with',
  ],
  ['a search_path that can be bent', `alter function "user".begin_step reset search_path`, 'begin_step: runs with'],
  [
    'a function for everybody',
    `grant execute on function "user".close_tenant_access to public`,
    'close_tenant_access: everybody',
  ],
  ['a right to create objects', `grant create on schema "user" to user_app`, 'user_app: may create objects in user'],
])('finds %s', async (_name, careless, expected) => {
  const client = await database.superuser.connect();
  try {
    await client.query('begin');
    await client.query(careless);
    // The faults are looked for in the same transaction, which is then undone.
    const faults = await catalogueFaults(client as unknown as TestDatabase['superuser'], 'user');
    expect(faults).toEqual(expect.arrayContaining([expect.stringContaining(expected)]));
  } finally {
    await client.query('rollback');
    client.release();
  }
});
