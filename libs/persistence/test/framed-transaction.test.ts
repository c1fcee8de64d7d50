import { startWireProxy } from '@adx/local-parts';
import { PrismaPg } from '@prisma/adapter-pg';
import fc from 'fast-check';
import { Pool } from 'pg';
import { FramedClient } from '../src/framed-client.ts';
import type { Statement } from '../src/statement.ts';
import { createTransactions } from '../src/tenant-transaction.ts';
import { createTestDatabase, urlOf } from './database.ts';
import type { TestDatabase } from './database.ts';
import { createUser, never, newStep, nextAttempt, tracesOf } from './step-fixture.ts';
import { PrismaClient, connectUsers } from './user-database.ts';
import type { UserTx } from './user-database.ts';

const ignore = () => undefined;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
});
afterAll(() => database.drop());

function through(port: number): string {
  const { username, password, pathname } = new URL(database.appUrl('user'));
  return urlOf({ username, password, database: pathname.slice(1), port });
}

/** One connection behind a proxy, so that what becomes of it shows. */
async function connectOne() {
  const proxy = await startWireProxy(Number(new URL(database.appUrl('user')).port));
  const pool = new Pool({ connectionString: through(proxy.port), max: 1, query_timeout: 2_000, Client: FramedClient });
  pool.on('error', () => undefined);
  const client = new PrismaClient({ adapter: new PrismaPg(pool, { schema: 'user', onConnectionError: ignore }) });
  const transactions = createTransactions<UserTx>({ client, pool, meter: { count: ignore, record: ignore } as never });
  return {
    ...transactions,
    proxy,
    pid: async () => (await transactions.alone(PID)).pid,
    close: async () => {
      await client.$disconnect();
      await pool.end();
      await proxy.close();
    },
  };
}

const statement = <Row>(name: string, text: string, ...values: Statement['values']): Statement<Row> => ({
  name,
  text,
  values,
});
const PID = statement<{ readonly pid: number }>('pid', 'select pg_backend_pid() as pid');
const FAILING = statement('failing', 'select 1 / $1::int', 0);

/** Connections of the app role that are between two statements of a transaction. */
async function openTransactions(): Promise<number> {
  const { rows } = await database.superuser.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity
     where datname = current_database() and usename = 'user_app' and state like 'idle in transaction%'`,
  );
  return rows[0]!.n;
}

describe('round trips', () => {
  test('are three for a step with one statement, two for its replay, and one where no effect is', async () => {
    const proxy = await startWireProxy(Number(new URL(database.appUrl('user')).port));
    const users = connectUsers(through(proxy.port));
    await users.ready();
    const trips = async (work: () => Promise<unknown>) => {
      const before = proxy.roundTrips();
      await work();
      return proxy.roundTrips() - before;
    };
    const step = newStep();
    expect(await trips(() => users.ledger.forward(step, createUser(step)))).toBe(3);
    expect(await trips(() => users.ledger.forward(nextAttempt(step), never))).toBe(2);
    expect(await trips(() => users.ledger.settle(step))).toBe(1);
    await users.close();
    await proxy.close();
  });
});

describe('a connection is used again, with nothing open on it, after', () => {
  test('a first statement that the server refused; the effect does not run', async () => {
    const one = await connectOne();
    const before = await one.pid();
    await expect(one.framed(FAILING, never)).rejects.toMatchObject({ type: 'DatabaseRefused' });
    expect([await one.pid(), await openTransactions()]).toEqual([before, 0]);
    await one.close();
  });

  test('a last statement that the server refused; the effect is rolled back', async () => {
    const one = await connectOne();
    const before = await one.pid();
    const step = newStep();
    const tenant = statement('tenant', `select set_config('adx.tenant_id', $1, true)`, step.principal.tenantId);
    const attempt = one.framed(tenant, async (tx, _answer, closeWith) => {
      await createUser(step)(tx);
      closeWith(FAILING);
    });
    await expect(attempt).rejects.toMatchObject({
      type: 'DatabaseRefused',
      message: expect.stringContaining('22012'),
    });
    expect([await one.pid(), await openTransactions()]).toEqual([before, 0]);
    expect(await tracesOf(database.superuser, step)).toMatchObject({ users: 0 });
    await one.close();
  });

  test('a statement that failed among others of the kernel, which are prepared anew', async () => {
    const one = await connectOne();
    const before = await one.pid();
    const ahead = statement<{ readonly n: number }>('ahead', 'select 1 as n');
    const behind = statement<{ readonly n: number }>('behind', 'select 2 as n');
    await expect(one.alone(ahead, FAILING, behind)).rejects.toMatchObject({ type: 'DatabaseRefused' });
    expect(await one.alone(ahead, behind)).toEqual({ n: 2 });
    expect([await one.pid(), await openTransactions()]).toEqual([before, 0]);
    await one.close();
  });

  test('an error that the work swallowed: it is told by the answer to COMMIT', async () => {
    const one = await connectOne();
    const before = await one.pid();
    const swallowing = one.framed(PID, async (tx) => void (await tx.$queryRaw`select 1 / 0`.catch(ignore)));
    await expect(swallowing).rejects.toMatchObject({
      type: 'DatabaseRefused',
      message: expect.stringContaining('25P02'),
    });
    expect([await one.pid(), await openTransactions()]).toEqual([before, 0]);
    await one.close();
  });
});

describe('a COMMIT that nobody answers, with the last statement before it', () => {
  const TENANT = 'select set_config($1, $2, true)';

  test('ends in time, and its connection does not go back into the pool', async () => {
    const one = await connectOne();
    const before = await one.pid();
    const step = newStep();
    const attempt = one.framed(
      statement('tenant', TENANT, 'adx.tenant_id', step.principal.tenantId),
      async (tx, _, closeWith) => {
        await createUser(step)(tx);
        closeWith(PID);
        one.proxy.dropNextCommitReply('hang');
      },
    );
    await expect(attempt).rejects.toMatchObject({ type: 'DatabaseError', nonRetryable: false });
    expect(one.proxy.dropped()).toBe(1);
    expect(await one.pid()).not.toBe(before);
    // It was committed all the same: that is what the ledger is for.
    expect(await tracesOf(database.superuser, step)).toMatchObject({ users: 1 });
    await one.close();
  });

  test('ends in time where it is a whole transaction', async () => {
    const one = await connectOne();
    const before = await one.pid();
    one.proxy.dropNextCommitReply('hang');
    await expect(one.alone(PID)).rejects.toMatchObject({ type: 'DatabaseError', nonRetryable: false });
    expect(one.proxy.dropped()).toBe(1);
    expect(await one.pid()).not.toBe(before);
    await one.close();
  });
});

test('the end of a connection that has ended already is not waited for', async () => {
  const client = new FramedClient({ connectionString: database.appUrl('user') });
  client.on('error', ignore);
  await client.connect();
  await client.destroy();
  let over = false;
  void client.destroy().then(() => void (over = true));
  await new Promise(setImmediate);
  expect(over).toBe(true);
});

test('parameters arrive as they are', async () => {
  const one = await connectOne();
  const text = fc.string({ unit: 'binary' }).map((any) => any.replaceAll('\0', ''));
  await fc.assert(
    fc.asyncProperty(text, fc.array(text), fc.uint8Array(), fc.integer(), async (word, list, bytes, any) => {
      // In an int, and never -0, which Postgres does not know.
      const number = (any % 2 ** 31) + 0;
      const echo = await one.alone(
        statement(
          'echo',
          'select $1::text as word, $2::text[] as list, $3::bytea as bytes, $4::int as number, $5::jsonb as json, $6::text as none',
          ...[word, list, Buffer.from(bytes), number, JSON.stringify({ word }), null],
        ),
      );
      expect(echo).toEqual({
        ...{ word, list, bytes: Buffer.from(bytes), number, json: { word }, none: null },
      });
    }),
    { numRuns: 200 },
  );
  await one.close();
});
