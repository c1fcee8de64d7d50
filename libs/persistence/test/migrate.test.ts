import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICES } from '@adx/services';
import { MigrationError, migrate } from '../src/migrate.ts';
import { createTestDatabase, migrationsOf } from './database.ts';
import type { TestDatabase } from './database.ts';

/** Every folder of the kernel's, in order: what each service begins with. */
const KERNEL = readdirSync(new URL('../migrations', import.meta.url)).toSorted();
const FIRST = '20270101000000_first';
const SECOND = '20270102000000_second';

let database: TestDatabase;
let folder: string;

beforeEach(async () => {
  database = await createTestDatabase({ migrated: [] });
  folder = await mkdtemp(join(tmpdir(), 'adx-migrations-'));
  await write(FIRST, `create table first (tenant_id uuid primary key); select protect_tenant_table('first');`);
});
afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

async function write(name: string, sql: string) {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'migration.sql'), sql);
}

const run = () => migrate({ url: database.ownerUrl('user'), folder });

async function tables(): Promise<string[]> {
  const { rows } = await database.superuser.query<{ tablename: string }>(
    `select tablename from pg_tables where schemaname = 'user' order by 1`,
  );
  return rows.map(({ tablename }) => tablename);
}

test("applies the kernel first, then the service's own in the order of their names, and each once", async () => {
  await write(SECOND, 'alter table first add column note text');
  expect(await run()).toEqual([...KERNEL, FIRST, SECOND]);
  expect(await run()).toEqual([]);
  expect(await tables()).toEqual(expect.arrayContaining(['first', 'step_ledger']));
});

test('applies what was added since the last time', async () => {
  await run();
  await write(SECOND, 'alter table first add column note text');
  expect(await run()).toEqual([SECOND]);
});

test('applies each once when three run at the same time', async () => {
  const runs = await Promise.all([run(), run(), run()]);
  expect(runs.flat().sort()).toEqual([...KERNEL, FIRST]);
});

test('lets the app role work on a protected table, and no further', async () => {
  await run();
  const { rows } = await database.superuser.query(
    `select has_table_privilege('user_app', '"user".first', 'select, insert') as works,
            has_table_privilege('user_app', '"user".first', 'truncate') as truncates`,
  );
  expect(rows).toEqual([{ works: true, truncates: false }]);
});

test('refuses a migration that was changed after it was applied, names it, and applies nothing before it', async () => {
  await write(SECOND, 'alter table first add column note text');
  await run();
  await write(SECOND, 'alter table first add column remark text');
  await write('20270101120000_between', 'create table between_them (tenant_id uuid)');
  const refused = run();
  await expect(refused).rejects.toThrow(MigrationError);
  await expect(refused).rejects.toThrow(`${SECOND} was changed`);
  expect(await tables()).not.toContain('between_them');
});

test('leaves nothing of a migration that fails, names it, keeps those before it, and goes on when it is corrected', async () => {
  await write(SECOND, 'create table second (tenant_id uuid); select 1 / 0; create table third (tenant_id uuid)');
  await expect(run()).rejects.toThrow(new RegExp(`^${SECOND} failed and left nothing behind: division by zero`));
  expect(await tables()).toEqual(expect.arrayContaining(['first']));
  expect(await tables()).not.toContain('second');
  await write(SECOND, 'create table second (tenant_id uuid)');
  expect(await run()).toEqual([SECOND]);
});

test('commits a migration and its record together, or neither', async () => {
  await write(
    SECOND,
    `create table second (tenant_id uuid); insert into _migration values ('${SECOND}', 'in its way')`,
  );
  await expect(run()).rejects.toThrow(MigrationError);
  expect(await tables()).not.toContain('second');
  await write(SECOND, 'create table second (tenant_id uuid)');
  expect(await run()).toEqual([SECOND]);
});

test('keeps services apart: the same names in another schema are another history', async () => {
  await run();
  expect(await migrate({ url: database.ownerUrl('tenant'), folder })).toEqual([...KERNEL, FIRST]);
});

test.each(SERVICES)('takes the migrations of %s', async (service) => {
  const applied = await migrate({ url: database.ownerUrl(service), folder: migrationsOf(service) });
  expect(applied.slice(0, KERNEL.length)).toEqual(KERNEL);
  expect(applied.length).toBeGreaterThan(KERNEL.length);
});
