import { declaredError } from '@adx/contract-kit';
import { startWireProxy } from '@adx/local-parts';
import { ApplicationFailure } from '@temporalio/common';
import { Pool } from 'pg';
import { BoundedClient } from '../src/bounded-client.ts';
import { databaseFailure } from '../src/database-failure.ts';
import { createTestDatabase, urlOf } from './database.ts';
import type { TestDatabase } from './database.ts';
import { newStep, principalOf } from './step-fixture.ts';
import { connectUsers } from './user-database.ts';
import type { UserTx } from './user-database.ts';
import type { Database } from '../src/connect-database.ts';

let database: TestDatabase;
let users: Database<UserTx>;

beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
  users = connectUsers(database.appUrl('user'));
});
afterAll(async () => {
  await users.close();
  await database.drop();
});

/** What a handler's statement ends in. */
async function failureOf(effect: (tx: UserTx) => Promise<unknown>): Promise<ApplicationFailure> {
  const thrown: unknown = await users.ledger
    .forward(newStep(), async (tx) => {
      await effect(tx);
      return null;
    })
    .catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(ApplicationFailure);
  return thrown as ApplicationFailure;
}

const raise = (state: string) => (tx: UserTx) =>
  tx.$executeRawUnsafe(`do $$ begin raise exception 'secret-of-a-row' using errcode = '${state}'; end $$`);

describe('an error of the database', () => {
  test.each(['40001', '40P01', '55P03', '57014', '57P01', '53300'])('%s is worth another attempt', async (state) => {
    expect(await failureOf(raise(state))).toMatchObject({ type: 'DatabaseError', nonRetryable: false });
  });

  test.each(['23505', '23503', '23514', '42501', '22012', '42P01', '25P02'])('%s is final', async (state) => {
    const failed = await failureOf(raise(state));
    expect(failed).toMatchObject({ type: 'DatabaseRefused', nonRetryable: true });
    expect(failed.message).toContain(state);
  });

  test('ADX01 is a step that was lost', async () => {
    expect(await failureOf(raise('ADX01'))).toMatchObject({ type: 'StepFenced', nonRetryable: true });
  });

  test('says the broken constraint, and nothing of the row', async () => {
    const tenantId = principalOf().tenantId;
    const step = newStep({ principal: principalOf({ tenantId }) });
    const row = { tenantId, userId: tenantId, email: 'secret@one.example', role: 'owner' };
    const thrown: unknown = await users.ledger
      .forward(step, async (tx) => {
        await tx.user.create({ data: row });
        await tx.user.create({ data: { ...row, userId: principalOf().tenantId } });
        return null;
      })
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ type: 'DatabaseRefused', nonRetryable: true });
    const { message, cause, details, stack } = thrown as ApplicationFailure;
    expect(message).toContain('23505');
    expect(message).toContain('app_user_tenant_id_email_key');
    expect(JSON.stringify({ message, cause: String(cause), details, stack })).not.toContain('secret');
  });

  test.each([
    [
      'a model',
      (tx: UserTx) => tx.user.create({ data: { tenantId: 'no uuid', userId: 'x', email: 'secret', role: 'owner' } }),
    ],
    ['raw SQL', raise('P0001')],
    ['a wrong argument', (tx: UserTx) => tx.user.create({ data: { secret: 'secret' } as never })],
  ])('of %s quotes nothing of what was written', async (_name, effect) => {
    const failed = await failureOf(effect);
    expect(failed).toMatchObject({ type: 'DatabaseRefused' });
    expect(`${failed.message} ${String(failed.cause)} ${failed.stack}`).not.toContain('secret');
  });
});

describe('an error of a handler stays as it is', () => {
  test.each([
    ['a declared error', declaredError('user', 'OwnerExists', {})],
    ['any other error', new Error('the other side said no')],
    ['an error of the file system', Object.assign(new Error('EPERM: not permitted'), { code: 'EPERM' })],
  ])('%s', async (_name, cause) => {
    await expect(users.ledger.forward(newStep(), () => Promise.reject(cause))).rejects.toBe(cause);
  });

  test('what is thrown and is no error', () => {
    expect(databaseFailure('text')).toBe('text');
  });
});

describe('a lost connection is worth another attempt', () => {
  const lost = { type: 'DatabaseError', nonRetryable: false };

  test('when the server ends it between two statements, and the pool recovers', async () => {
    const failed = await failureOf(async (tx) => {
      const [{ pid }] = await tx.$queryRaw<[{ pid: number }]>`select pg_backend_pid() as pid`;
      await database.superuser.query('select pg_terminate_backend($1, 2000)', [pid]);
      await tx.$queryRaw`select 1`;
    });
    expect(failed).toMatchObject(lost);
    await users.ready();
  });

  test('when the server ends it during a statement', async () => {
    const failed = await failureOf(async (tx) => {
      const [{ pid }] = await tx.$queryRaw<[{ pid: number }]>`select pg_backend_pid() as pid`;
      const sleeping = tx.$queryRaw`select pg_sleep(4)::text`;
      // Prisma sends a query when somebody waits for it.
      const ended = sleeping.then(
        () => undefined,
        (error: unknown) => error,
      );
      await untilBusy(pid);
      await database.superuser.query('select pg_terminate_backend($1)', [pid]);
      throw await ended;
    });
    expect(failed).toMatchObject(lost);
  });

  test('when nothing listens at the address', async () => {
    const proxy = await startWireProxy(1);
    await proxy.close();
    const { username, password, pathname } = new URL(database.appUrl('user'));
    const nowhere = connectUsers(urlOf({ username, password, database: pathname.slice(1), port: proxy.port }));
    await expect(nowhere.ready()).rejects.toMatchObject(lost);
    await nowhere.close();
  });

  // These errors of node-postgres have no code: their texts are pinned here.
  test('when the pool has none left, or one is used after its end', async () => {
    const pool = new Pool({ connectionString: database.appUrl('user'), max: 1 });
    const client = await pool.connect();
    // From here on: a busy machine takes longer than that to make a connection.
    pool.options.connectionTimeoutMillis = 50;
    const refused: unknown = await pool.connect().catch((error: unknown) => error);
    expect((refused as Error).message).toBe('timeout exceeded when trying to connect');
    expect(databaseFailure(refused)).toMatchObject(lost);
    client.release(true);
    await pool.end();
    const ended = new BoundedClient({ connectionString: database.appUrl('user') });
    await ended.connect();
    await ended.end();
    const late: unknown = await (ended.query('select 1') as Promise<unknown>).catch((error: unknown) => error);
    expect((late as Error).message).toContain('not queryable');
    expect(databaseFailure(late)).toMatchObject(lost);
  });

  async function untilBusy(pid: number) {
    const until = Date.now() + 5_000;
    while (Date.now() < until) {
      const { rowCount } = await database.superuser.query(
        `select 1 from pg_stat_activity where pid = $1 and state = 'active' and query like '%pg_sleep%'`,
        [pid],
      );
      if (rowCount) return;
    }
    throw new Error('the statement did not begin');
  }
});

describe('a COMMIT that nobody answers', () => {
  test('ends in time, and its connection does not go back into the pool', async () => {
    const { username, password, pathname, port } = new URL(database.appUrl('user'));
    const proxy = await startWireProxy(Number(port));
    const pool = new Pool({
      connectionString: urlOf({ username, password, database: pathname.slice(1), port: proxy.port }),
      max: 1,
      query_timeout: 300,
      Client: BoundedClient,
    });
    pool.on('error', () => undefined);
    const client = await pool.connect();
    client.on('error', () => undefined);
    const { rows: before } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    await client.query('begin');
    proxy.dropNextCommitReply('hang');
    const error = (await client.query('commit').catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toBe('Query read timeout');
    expect(databaseFailure(error)).toMatchObject({ type: 'DatabaseError', nonRetryable: false });
    expect(proxy.dropped()).toBe(1);
    // As Prisma's adapter does: without the error, so that the pool would keep the connection.
    client.release();
    const { rows: after } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');
    expect(after[0]?.pid).not.toBe(before[0]?.pid);
    await pool.end();
    await proxy.close();
  });
});
