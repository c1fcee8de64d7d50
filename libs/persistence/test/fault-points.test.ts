import type { FaultPoint, FaultSite } from '@adx/contract-kit';
import type { Database } from '../src/connect-database.ts';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { createUser, deleteUser, expireLease, never, newStep, nextAttempt, tracesOf } from './step-fixture.ts';
import { connectUsers } from './user-database.ts';
import type { UserTx } from './user-database.ts';

let database: TestDatabase;
let users: Database<UserTx>;
let passed: FaultSite[] = [];
let crashAt: FaultPoint | undefined;
const crash = new Error('the process died');

beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
  users = connectUsers(database.appUrl('user'), {
    pass: (site) => {
      passed.push(site);
      if (site.point === crashAt) throw crash;
    },
  });
});
beforeEach(() => {
  passed = [];
  crashAt = undefined;
});
afterAll(async () => {
  await users.close();
  await database.drop();
});

const points = () => passed.map(({ mode, point }) => `${mode} ${point}`);
const callOf = (output: string) => ({
  prepare: () => Promise.resolve(undefined),
  call: (_prepared: undefined, key: string) => Promise.resolve(`${output} ${key}`),
});
const neverCalled = { prepare: never, call: never };

describe('the points where a test may interfere are passed in their order', () => {
  test('by a forward attempt, and a replay passes the first only', async () => {
    const step = newStep();
    await users.ledger.forward(step, createUser(step));
    expect(points()).toEqual(['forward before-transaction', 'forward in-transaction', 'forward after-commit']);
    const { service, activity, attempt } = step;
    expect(passed[0]).toEqual({
      point: 'before-transaction',
      mode: 'forward',
      service,
      activity,
      step: step.step,
      attempt,
    });
    passed = [];
    await users.ledger.forward(nextAttempt(step), never);
    expect(points()).toEqual(['forward before-transaction']);
  });

  test('by an external attempt', async () => {
    await users.ledger.external(newStep(), callOf('answer'));
    expect(points()).toEqual([
      'forward before-transaction',
      'forward in-lease',
      'forward after-call',
      'forward after-commit',
    ]);
  });

  test('by an undo, and one that finds nothing passes the first only', async () => {
    const step = newStep();
    await users.ledger.forward(step, createUser(step));
    passed = [];
    await users.ledger.undo(step, deleteUser);
    expect(points()).toEqual(['undo before-transaction', 'undo in-transaction', 'undo after-commit']);
    passed = [];
    await users.ledger.undo(step, never);
    expect(points()).toEqual(['undo before-transaction']);
  });

  test('by a settle', async () => {
    await users.ledger.settle(newStep());
    expect(points()).toEqual(['settle before-transaction', 'settle after-commit']);
  });
});

describe('a forward attempt that dies', () => {
  test.each(['before-transaction', 'in-transaction'] as const)('%s leaves nothing', async (point) => {
    const step = newStep();
    crashAt = point;
    await expect(users.ledger.forward(step, createUser(step))).rejects.toBe(crash);
    expect(await tracesOf(database.superuser, step)).toEqual({ ledger: undefined, users: 0, audit: [] });
    crashAt = undefined;
    await users.ledger.forward(nextAttempt(step), createUser(step));
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: { attempt: 2 }, users: 1 });
  });

  test('after-commit has done its work: the next attempt gets the output', async () => {
    const step = newStep();
    crashAt = 'after-commit';
    await expect(users.ledger.forward(step, createUser(step))).rejects.toBe(crash);
    crashAt = undefined;
    const output = await users.ledger.forward(nextAttempt(step), never);
    expect(await tracesOf(database.superuser, step)).toMatchObject({
      ledger: { state: 'done', attempt: 1, output },
      users: 1,
      audit: ['createUser succeeded'],
    });
  });
});

describe('an undo that dies', () => {
  test('in-transaction leaves the step done', async () => {
    const step = newStep();
    await users.ledger.forward(step, createUser(step));
    crashAt = 'in-transaction';
    await expect(users.ledger.undo(step, deleteUser)).rejects.toBe(crash);
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: { state: 'done' }, users: 1 });
  });

  test('after-commit has done its work', async () => {
    const step = newStep();
    await users.ledger.forward(step, createUser(step));
    crashAt = 'after-commit';
    await expect(users.ledger.undo(step, deleteUser)).rejects.toBe(crash);
    crashAt = undefined;
    await users.ledger.undo(step, never);
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: { state: 'undone' }, users: 0 });
  });
});

describe('an external attempt that dies', () => {
  test('after its call keeps its lease; then the next attempt calls again, with the same key', async () => {
    const step = newStep();
    const keys: string[] = [];
    const effect = {
      prepare: () => Promise.resolve(undefined),
      call: (_prepared: undefined, key: string) => {
        keys.push(key);
        return Promise.resolve('answer');
      },
    };
    crashAt = 'after-call';
    await expect(users.ledger.external(step, effect)).rejects.toBe(crash);
    crashAt = undefined;
    // The other side may have acted: nobody may pass it before the lease is over.
    await expect(users.ledger.external(nextAttempt(step), neverCalled)).rejects.toMatchObject({ type: 'StepBusy' });
    await expireLease(database.superuser, step);
    expect(await users.ledger.external(nextAttempt(step), effect)).toBe('answer');
    expect(keys).toEqual([keys[0], keys[0]]);
    expect((await tracesOf(database.superuser, step)).audit).toEqual(['createUser succeeded']);
  });

  test('after-commit has done its work: the next attempt calls nobody', async () => {
    const step = newStep();
    crashAt = 'after-commit';
    await expect(users.ledger.external(step, callOf('answer'))).rejects.toBe(crash);
    crashAt = undefined;
    expect(await users.ledger.external(nextAttempt(step), neverCalled)).toMatch(/^answer /);
  });
});
