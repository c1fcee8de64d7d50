import { Client } from 'pg';
import { provisionDatabase } from '../src/provision-database.ts';
import { adminUrl, databaseName, dropDatabase, urlOf } from './database.ts';

/** Roles belong to the cluster: this suite has its own, so that it may change their passwords. */
const SERVICE = 'provisioning_test';
let database: string;

beforeEach(() => {
  database = databaseName();
});
afterEach(() => dropDatabase(database));
afterAll(async () => {
  const admin = new Client({ connectionString: adminUrl() });
  await admin.connect();
  await admin.query(`drop role if exists ${SERVICE}_owner, ${SERVICE}_app, ${SERVICE}_sealer`);
  await admin.end();
});

const provision = (password = 'one') =>
  provisionDatabase({
    adminUrl: adminUrl(),
    database,
    services: [
      {
        name: SERVICE,
        ownerPassword: password,
        appPassword: password,
        sealerPassword: password,
        relayPassword: password,
        reconcilerPassword: password,
      },
    ],
  });

async function ask(role: 'owner' | 'app', password: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: urlOf({ username: `${SERVICE}_${role}`, password, database }) });
  await client.connect();
  try {
    return (await client.query<{ answer: unknown }>(sql)).rows[0]?.answer;
  } finally {
    await client.end();
  }
}

test('makes roles that find their schema and have limits', async () => {
  await provision();
  for (const role of ['owner', 'app'] as const) {
    expect(await ask(role, 'one', 'select current_schema() as answer')).toBe(SERVICE);
  }
  expect(await ask('app', 'one', `select current_setting('lock_timeout') as answer`)).toBe('2s');
  expect(await ask('app', 'one', `select current_setting('statement_timeout') as answer`)).toBe('5s');
});

test('changes nothing when it is repeated, and takes new passwords', async () => {
  await provision();
  await provision();
  expect(await ask('app', 'one', 'select 1 as answer')).toBe(1);
  await provision('two');
  expect(await ask('app', 'two', 'select 1 as answer')).toBe(1);
  await expect(ask('app', 'one', 'select 1 as answer')).rejects.toMatchObject({ code: '28P01' });
});

test('may run several times at once', async () => {
  await Promise.all(Array.from({ length: 8 }, () => provision()));
  expect(await ask('owner', 'one', 'select current_schema() as answer')).toBe(SERVICE);
});

test('waits for one that is at work on the same database, whose grants it would collide with', async () => {
  await provision();
  const other = new Client({ connectionString: urlOf({ database }) });
  await other.connect();
  try {
    await other.query("select pg_advisory_lock(hashtextextended('adx.provision', 0))");
    await other.query(`begin; grant usage on schema ${SERVICE} to ${SERVICE}_app`);
    const second = provision();
    second.catch(() => undefined);
    await somebodyWaits(other);
    await other.query('commit');
    await other.query("select pg_advisory_unlock(hashtextextended('adx.provision', 0))");
    await second;
  } finally {
    await other.end();
  }
});

// Not by way of pg_stat_activity: in a transaction it shows the sessions of its first look for ever.
async function somebodyWaits(client: Client) {
  const until = Date.now() + 10_000;
  while (Date.now() < until) {
    const { rowCount } = await client.query(
      `select from pg_locks where not granted
         and database = (select oid from pg_database where datname = current_database())`,
    );
    if (rowCount) return;
  }
  throw new Error('nobody waits for a lock');
}

test('takes any password literally', async () => {
  const password = `it's "quoted" \\ and ; -- long`;
  await provision(password);
  expect(await ask('app', encodeURIComponent(password), 'select 1 as answer')).toBe(1);
});

test('keeps everybody else out of the database', async () => {
  await provision();
  const admin = new Client({ connectionString: urlOf({ database }) });
  await admin.connect();
  const { rows } = await admin.query(`select has_database_privilege('public', current_database(), 'connect') as may`);
  await admin.end();
  expect(rows).toEqual([{ may: false }]);
});

test.each(['no-dash', 'Upper', 'x"; drop table y', ''])(
  'refuses "%s" as a name, before it does anything',
  async (name) => {
    const refused = provisionDatabase({
      adminUrl: adminUrl(),
      database,
      services: [
        {
          name,
          ownerPassword: 'x',
          appPassword: 'x',
          sealerPassword: 'x',
          relayPassword: 'x',
          reconcilerPassword: 'x',
        },
      ],
    });
    await expect(refused).rejects.toThrow(RangeError);
  },
);
