import { randomUUID } from 'node:crypto';
import {
  implementContract,
  withPrincipal,
  withTelemetry,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import type { ForwardRequest, Meter } from '@adx/activity-middleware';
import {
  declaredError,
  defineActivity,
  defineContract,
  defineDatabaseOperations,
  formatOperationId,
} from '@adx/contract-kit';
import type { Json } from '@adx/contract-kit';
import { startWireProxy } from '@adx/local-parts';
import { createLogger } from '@adx/telemetry';
import { MockActivityEnvironment } from '@temporalio/testing';
import { z } from 'zod';
import { connectDatabase } from '../src/connect-database.ts';
import type { Database } from '../src/connect-database.ts';
import { implementOperations } from '../src/database-operations.ts';
import { adminUrl, createTestDatabase, urlOf } from './database.ts';
import type { TestDatabase } from './database.ts';
import { never, newStep, nextAttempt, tracesOf } from './step-fixture.ts';
import { PrismaClient } from './user-database.ts';
import type { UserTx } from './user-database.ts';

/** What a user service might let others do in one go. */
const userOperations = defineDatabaseOperations({
  addUser: { input: z.strictObject({ email: z.email() }), output: z.strictObject({ userId: z.uuid() }) },
  renameUser: {
    input: z.strictObject({ from: z.email(), to: z.email() }),
    output: z.strictObject({ renamed: z.int() }),
  },
  countUsers: { input: z.strictObject({}), output: z.strictObject({ users: z.int() }) },
});
type List = Parameters<typeof operations.runTransaction>[0];

/** What happens within `countUsers`, for tests that break it. */
let disturb: (tx: UserTx) => Promise<unknown> = async () => undefined;

const operations = implementOperations(userOperations).handlers<{
  tx: UserTx;
  tenantId: string;
  log: { warn(fields: object, message: string): void };
}>({
  addUser: async ({ tx, tenantId, input }) => {
    const userId = randomUUID();
    await tx.user.create({ data: { tenantId, userId, email: input.email, role: 'member' } });
    return { userId };
  },
  renameUser: async ({ tx, input }) => {
    const { count } = await tx.user.updateMany({ where: { email: input.from }, data: { email: input.to } });
    if (count === 0) throw declaredError('user', 'NoSuchUser', {});
    return { renamed: count };
  },
  countUsers: async ({ tx }) => {
    await disturb(tx);
    return { users: await tx.user.count() };
  },
});

let database: TestDatabase;
let users: Database<UserTx>;
const measured: unknown[][] = [];
const meter: Meter = { record: (...one) => void measured.push(one) };
const connect = (url: string) =>
  connectDatabase<UserTx>({ url, schema: 'user', createClient: (prisma) => new PrismaClient(prisma), meter });

beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
  users = connect(database.appUrl('user'));
});
afterAll(async () => {
  await users.close();
  await database.drop();
});
beforeEach(() => {
  disturb = async () => undefined;
  measured.length = 0;
});

const email = () => `${randomUUID()}@one.example`;
const add = (address = email()) => ({ operation: 'addUser', input: { email: address } }) as const;
const count = { operation: 'countUsers', input: {} } as const;

/** Runs a list as an activity does: in the ledger, under the key of its step. */
async function run(list: List, step: ForwardRequest = newStep(), log: object[] = [], on = users) {
  const request = { ...step, input: { operations: list } as unknown as Json };
  const { tenantId } = step.principal;
  const note = { warn: (fields: object) => void log.push(fields) };
  const output = await on.ledger.forward(
    request,
    async (tx) => (await operations.runTransaction(list, { tx, tenantId, log: note })) as unknown as Json,
  );
  return { request, output: output as unknown as Awaited<ReturnType<typeof operations.runTransaction>> };
}

describe('a list of operations', () => {
  test('runs in its order, in one transaction, with a result for each', async () => {
    const address = email();
    const rename = { operation: 'renameUser', input: { from: address, to: email() } } as const;
    const { request, output } = await run([add(address), count, rename, add(), count]);
    expect(output.results).toEqual([
      { operation: 'addUser', output: { userId: expect.any(String) } },
      { operation: 'countUsers', output: { users: 1 } },
      { operation: 'renameUser', output: { renamed: 1 } },
      { operation: 'addUser', output: { userId: expect.any(String) } },
      { operation: 'countUsers', output: { users: 2 } },
    ]);
    expect(await tracesOf(database.superuser, request)).toMatchObject({ users: 2, audit: ['createUser succeeded'] });
    expect(measured).toEqual([['db_transaction_duration_ms', expect.any(Number), { outcome: 'committed' }]]);
  });

  test('that is attempted again gets the results of the first attempt and does nothing', async () => {
    const list = [add(), add()];
    const { request, output } = await run(list);
    const again = await users.ledger.forward(nextAttempt(request), never);
    expect(again).toEqual(output);
    expect(await tracesOf(database.superuser, request)).toMatchObject({ users: 2 });
  });

  test('whose COMMIT reply was lost has happened once, with the same results', async () => {
    const proxy = await startWireProxy(Number(new URL(adminUrl()).port));
    const { username, password, pathname } = new URL(database.appUrl('user'));
    const url = urlOf({ username, password, database: pathname.slice(1), port: proxy.port });
    const behind = connect(url.replace(/@[^:/]+/, '@127.0.0.1'));
    try {
      const list = [add(), add()];
      const step = newStep();
      proxy.dropNextCommitReply('break');
      await expect(run(list, step, [], behind)).rejects.toMatchObject({ type: 'DatabaseError', nonRetryable: false });
      expect(proxy.dropped()).toBe(1);
      const { request, output } = await run(list, nextAttempt(step), [], behind);
      expect(output.results).toHaveLength(2);
      expect(await tracesOf(database.superuser, request)).toMatchObject({ users: 2, audit: ['createUser succeeded'] });
    } finally {
      await behind.close();
      await proxy.close();
    }
  });
});

describe('an operation that fails', () => {
  test('for a constraint is final, says which it was, and takes the ones before it with it', async () => {
    const address = email();
    const step = newStep();
    const log: object[] = [];
    const attempt = run([add(), add(address), add(address), count], step, log);
    await expect(attempt).rejects.toMatchObject({
      type: 'DatabaseRefused',
      nonRetryable: true,
      message: expect.stringMatching(/^operation 2 \(addUser\): .*23505/),
      details: [{ index: 2, operation: 'addUser' }],
    });
    expect(log).toEqual([{ index: 2, databaseOperation: 'addUser', errorType: 'DatabaseRefused' }]);
    expect(await tracesOf(database.superuser, step)).toEqual({
      ledger: undefined,
      users: 0,
      audit: ['createUser failed'],
    });
    // The second one is that of the audit entry of the failed attempt.
    expect(measured).toEqual([
      ['db_transaction_duration_ms', expect.any(Number), { outcome: 'rolled-back' }],
      ['db_transaction_duration_ms', expect.any(Number), { outcome: 'committed' }],
    ]);
  });

  test('with an error of the business throws just that', async () => {
    const rename = { operation: 'renameUser', input: { from: email(), to: email() } } as const;
    const step = newStep();
    const log: object[] = [];
    await expect(run([add(), rename], step, log)).rejects.toMatchObject({
      type: 'user.NoSuchUser',
      nonRetryable: true,
    });
    expect(log).toEqual([{ index: 1, databaseOperation: 'renameUser', errorType: 'user.NoSuchUser' }]);
    expect(await tracesOf(database.superuser, step)).toMatchObject({ users: 0 });
  });

  test.each([
    ['a serialization failure', '40001'],
    ['a deadlock', '40P01'],
    ['a lock that was not free in time', '55P03'],
  ])('for %s is worth another attempt', async (_name, state) => {
    disturb = (tx) => tx.$executeRawUnsafe(`do $$ begin raise exception 'x' using errcode = '${state}'; end $$`);
    await expect(run([add(), count])).rejects.toMatchObject({
      type: 'DatabaseError',
      nonRetryable: false,
      details: [{ index: 1, operation: 'countUsers' }],
    });
  });

  test('for a lost connection says so, though there was nothing left to roll back on', async () => {
    disturb = async (tx) => {
      const [{ pid }] = (await tx.$queryRaw`select pg_backend_pid() as pid`) as [{ pid: number }];
      await database.superuser.query('select pg_terminate_backend($1)', [pid]);
    };
    const step = newStep();
    await expect(run([add(), count], step)).rejects.toMatchObject({
      type: 'DatabaseError',
      nonRetryable: false,
      details: [{ index: 1, operation: 'countUsers' }],
    });
    disturb = async () => undefined;
    await run([add(), count], nextAttempt(step));
    expect(await tracesOf(database.superuser, step)).toMatchObject({ users: 1 });
  });
});

describe('who sends a list', () => {
  const parse = (input: unknown) => userOperations.input.safeParse(input).success;

  test('chooses among the declared names and inputs', () => {
    expect(parse({ operations: [add(), count] })).toBe(true);
    expect(
      userOperations.output.safeParse({ results: [{ operation: 'countUsers', output: { users: 1 } }] }).success,
    ).toBe(true);
  });

  test.each([
    ['an operation nobody declared', [{ operation: 'dropTable', input: {} }]],
    ['the name of a method every object has', [{ operation: 'toString', input: {} }]],
    ['SQL beside the input', [{ ...count, sql: 'delete from app_user' }]],
    ['SQL within the input', [{ operation: 'countUsers', input: { where: '1 = 1' } }]],
    ['a table', [{ ...add(), table: 'step_ledger' }]],
    ['the input of another operation', [{ operation: 'addUser', input: {} }]],
    ['no operation at all', []],
    ['more than a hundred', Array.from({ length: 101 }, () => count)],
  ])('is refused with %s', (_name, list) => {
    expect(parse({ operations: list })).toBe(false);
  });

  test('is refused by the code, too, should a name get past the contract', async () => {
    const list = [{ operation: 'toString', input: {} }] as unknown as List;
    await expect(run(list)).rejects.toMatchObject({
      type: 'InvalidInput',
      details: [{ index: 0, operation: 'toString' }],
    });
  });
});

test('an activity takes a list by its contract, with nothing but the types of both', async () => {
  const contract = defineContract({
    service: 'user',
    taskQueue: 'user',
    activities: {
      changeUsers: defineActivity({
        kind: 'pivot',
        because: 'others see the users at once',
        access: 'provisioning',
        input: userOperations.input,
        output: userOperations.output,
        bounds: { attempt: '10s', attempts: 3 },
      }),
    },
  });
  const activities = implementContract(contract)
    .use(withTelemetry())
    .use(withValidation())
    .use(withPrincipal())
    .use(withTransaction<UserTx>())
    .handlers({
      changeUsers: { run: ({ input, ...context }) => operations.runTransaction(input.operations, context) },
    });
  const { principal } = newStep();
  const logger = createLogger({ service: 'user', level: 'silent' });
  const bound = activities.bind({ logger, ledger: users.ledger, verifier: { verify: async () => principal } });
  const operationId = formatOperationId({ tenantId: principal.tenantId, workflowType: 'change', key: randomUUID() });
  const call = { operationId, principal: 'signed', executionKey: `${operationId}/run`, step: 'changeUsers' };
  const attempt = (list: unknown) =>
    new MockActivityEnvironment().run(bound['changeUsers']!, { operations: list }, call);
  expect(await attempt([add(), count])).toMatchObject({ results: [{}, { output: { users: 1 } }] });
  await expect(attempt([{ operation: 'dropTable', input: {} }])).rejects.toMatchObject({ type: 'InvalidInput' });
});

test('a declaration with faults names all of them', () => {
  expect(() => defineDatabaseOperations({})).toThrow('name at least one');
  const schemas = { input: z.null(), output: z.null() };
  expect(() => defineDatabaseOperations({ 'drop table': schemas, Add: schemas, ok: schemas })).toThrow(
    'drop table, Add',
  );
});

test('an implementation with gaps names all of them', () => {
  const partly = { addUser: never, removeUser: never } as never;
  expect(() => implementOperations(userOperations).handlers(partly)).toThrow(
    /renameUser: has no handler\n.*countUsers: has no handler\n.*removeUser: is no declared operation/,
  );
});
