import { randomUUID } from 'node:crypto';
import { SERVICES } from '@adx/services';
import { Client } from 'pg';
import { connectDatabase } from '../src/connect-database.ts';
import * as persistence from '../src/index.ts';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { createUser, newStep } from './step-fixture.ts';
import { PrismaClient, connectUsers } from './user-database.ts';

let database: TestDatabase;
let app: Client;
const own = randomUUID();
const foreign = randomUUID();

beforeAll(async () => {
  database = await createTestDatabase();
  app = new Client({ connectionString: database.appUrl('user') });
  await app.connect();
  await app.query(`select set_config('adx.tenant_id', $1, false)`, [own]);
});
afterAll(async () => {
  await app.end();
  await database.drop();
});

const FINISH = (tenantId: string) =>
  `select finish_step('forward', '${tenantId}', 'forged', 's', 'o', 'a', 1, null, '{}', '{}', 'boss', 'user', 'a', null, null)`;

describe('the app role is refused', () => {
  test.each([
    [
      'to write the ledger',
      `insert into step_ledger (tenant_id, execution_key, step, operation_id, activity, state, attempt) values ('${own}', 'e', 's', 'o', 'a', 'done', 1)`,
    ],
    ['to change the ledger', `update step_ledger set state = 'done'`],
    ['to give itself access', `insert into access_member values ('${own}', 'mallory', '{owner}')`],
    ['to open a tenant by itself', `update access_tenant set status = 'active'`],
    ['to remove audit entries', `delete from audit_pending`],
    ['to truncate the audit', `truncate audit_pending`],
    ['to truncate a domain table', `truncate app_user`],
    ['to become the owner', `set role user_owner`],
    ['to become another session', `set session authorization postgres`],
    ['to switch row security off', `alter table app_user no force row level security`],
    ['to drop the policy', `drop policy tenant on app_user`],
    ['to disable a trigger or constraint check', `set session_replication_role = replica`],
    ['to replace a kernel function', `create or replace function begin_step() returns int language sql as 'select 1'`],
    ['to put a table before the real one', `create temporary table step_ledger (tenant_id uuid)`],
    ['to create objects in public', `create table public.step_ledger (tenant_id uuid)`],
    ['to protect, and so grant itself, a table', `select protect_tenant_table('step_ledger')`],
    ['to read what migrations ran', `select * from _migration`],
    ['to read a file of the server', `select pg_read_file('/etc/passwd')`],
    ['to run a program', `copy app_user to program 'cat'`],
    ['to write the ledger of a tenant that is not the current one', FINISH(foreign)],
  ])('%s', async (_name, sql) => {
    await expect(app.query(sql)).rejects.toMatchObject({ code: '42501' });
  });

  test('to lift its own limits for others: the settings of a role are not its own', async () => {
    await expect(app.query(`alter role user_owner set lock_timeout = 0`)).rejects.toMatchObject({ code: '42501' });
    await expect(app.query(`alter role user_app bypassrls`)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('the access functions', () => {
  test('write the current tenant and no other', async () => {
    const others = await database.superuser.query(
      `insert into "user".access_tenant (tenant_id, status) values ('${foreign}', 'suspended') returning 1`,
    );
    expect(others.rowCount).toBe(1);
    await app.query(`select open_tenant_access('active')`);
    await app.query(`select grant_member_access('ada', '{owner}')`);
    const { rows } = await database.superuser.query(
      `select tenant_id, status from "user".access_tenant where tenant_id in ('${own}', '${foreign}') order by status`,
    );
    expect(rows).toEqual([
      { tenant_id: own, status: 'active' },
      { tenant_id: foreign, status: 'suspended' },
    ]);
    await app.query(`select revoke_member_access('ada')`);
    await app.query(`select close_tenant_access()`);
    const left = await database.superuser.query(`select tenant_id from "user".access_tenant`);
    expect(left.rows).toEqual([{ tenant_id: foreign }]);
  });

  test('write nothing while no tenant is set', async () => {
    const unset = new Client({ connectionString: database.appUrl('user') });
    await unset.connect();
    await expect(unset.query(`select open_tenant_access('active')`)).rejects.toThrow();
    await expect(unset.query(`select grant_member_access('ada', '{owner}')`)).rejects.toThrow();
    await unset.query(`select close_tenant_access()`);
    await unset.end();
    const left = await database.superuser.query(`select tenant_id from "user".access_tenant`);
    expect(left.rows).toEqual([{ tenant_id: foreign }]);
  });
});

describe('there is no way to a table but a tenant transaction', () => {
  test('a connected database has a ledger, breakers, a limiter, a probe and an end, and no client', async () => {
    const users = connectUsers(database.appUrl('user'));
    expect(Object.keys(users).sort()).toEqual(['breakers', 'close', 'inbox', 'ledger', 'limiter', 'ready']);
    expect(Object.keys(users.ledger).sort()).toEqual([
      'external',
      'fetched',
      'forward',
      'look',
      'settle',
      'undo',
      'undoExternal',
      'withTenant',
    ]);
    await users.close();
  });

  test('the library exports no client and no pool', () => {
    expect(Object.keys(persistence).sort()).toEqual([
      'AuditHeadError',
      'AuditVariables',
      'MigrationError',
      'accessRows',
      'auditSettings',
      'checkAudit',
      'connectAuditSealer',
      'connectDatabase',
      'connectOutbox',
      'connectReconciler',
      'createTenantRemoval',
      'eraseFromLedger',
      'exportTenantRows',
      'implementOperations',
      'migrate',
      'provisionDatabase',
      'readAuditHeads',
      'readAuditKey',
      'verifyAllAudit',
      'verifyAudit',
    ]);
  });

  test('the tenant of a transaction does not outlive it on its connection', async () => {
    const step = newStep();
    let bare: PrismaClient | undefined;
    const users = connectDatabase({
      url: database.appUrl('user'),
      schema: 'user',
      createClient: (prisma) => (bare = new PrismaClient(prisma)),
    });
    await users.ledger.forward(step, createUser(step));
    expect(await users.ledger.withTenant(step.principal, (tx) => tx.user.count())).toBe(1);
    // The pool is idle, so this runs on the connection that had the tenant.
    expect(await bare?.user.count()).toBe(0);
    await users.close();
  });
});

test.each(SERVICES)('an owner of %s has no more power than its schema', async (service) => {
  const owner = new Client({ connectionString: database.ownerUrl(service) });
  await owner.connect();
  for (const sql of [
    'create database mine',
    'create role mine',
    `select pg_read_file('/etc/passwd')`,
    'create schema mine',
  ]) {
    await expect(owner.query(sql)).rejects.toMatchObject({ code: '42501' });
  }
  await owner.end();
});
