import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { createUser, deleteUser, never, newStep, nextAttempt, principalOf, tracesOf } from './step-fixture.ts';
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

describe('a forward attempt', () => {
  test('commits the effect, its ledger row and its audit entry together', async () => {
    const step = newStep();
    const output = await users.ledger.forward(step, createUser(step));
    const traces = await tracesOf(database.superuser, step);
    expect(traces).toEqual({
      ledger: { state: 'done', attempt: 1, output },
      users: 1,
      audit: ['createUser succeeded'],
    });
  });

  test('gets the stored output when the step is done, and causes nothing', async () => {
    const step = newStep();
    const output = await users.ledger.forward(step, createUser(step));
    expect(await users.ledger.forward(nextAttempt(step), never)).toEqual(output);
    expect(await tracesOf(database.superuser, step)).toMatchObject({ users: 1, ledger: { attempt: 1 } });
  });

  test('takes the same input in another order of keys for the same, and refuses any other', async () => {
    const step = newStep({ input: { email: 'a@one.example', nested: { b: 1, a: [1, 2] } } });
    const output = await users.ledger.forward(step, createUser(step));
    const reordered = { ...step, input: { nested: { a: [1, 2], b: 1 }, email: 'a@one.example' } };
    expect(await users.ledger.forward(reordered, never)).toEqual(output);
    const other = { ...step, input: { email: 'a@one.example', nested: { b: 1, a: [2, 1] } } };
    await expect(users.ledger.forward(other, never)).rejects.toMatchObject({
      type: 'StepConflict',
      nonRetryable: true,
    });
  });

  test.each([{ deep: { z: 1, a: [null, true, 1.5, 'text'] } }, ['list'], 'text', 0, false, null])(
    'returns on replay what it returned at first: %j',
    async (output) => {
      const step = newStep();
      expect(await users.ledger.forward(step, () => Promise.resolve(output))).toEqual(output);
      expect(await users.ledger.forward(step, never)).toEqual(output);
    },
  );

  test('leaves nothing when its effect throws, and the error stays as it is', async () => {
    const step = newStep();
    const cause = new Error('the handler failed');
    const failing = users.ledger.forward(step, async (tx) => {
      await createUser(step)(tx);
      throw cause;
    });
    await expect(failing).rejects.toBe(cause);
    expect(await tracesOf(database.superuser, step)).toEqual({ ledger: undefined, users: 0, audit: [] });
    await users.ledger.forward(nextAttempt(step), createUser(step));
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: { attempt: 2 }, users: 1 });
  });

  test('is refused when its handler swallowed an error of the database, for nothing would be committed', async () => {
    const step = newStep();
    const swallowing = users.ledger.forward(step, async (tx) => {
      await createUser(step)(tx);
      await tx.$queryRaw`select 1 / 0`.catch(() => undefined);
      return null;
    });
    await expect(swallowing).rejects.toMatchObject({
      type: 'DatabaseRefused',
      message: expect.stringContaining('25P02'),
    });
    expect(await tracesOf(database.superuser, step)).toMatchObject({ users: 0, ledger: undefined });
  });

  test('is refused when its handler switched the tenant', async () => {
    const step = newStep();
    const other = principalOf().tenantId;
    const switching = users.ledger.forward(step, async (tx) => {
      await tx.$queryRaw`select set_config('adx.tenant_id', ${other}, true)`;
      return null;
    });
    await expect(switching).rejects.toMatchObject({
      type: 'DatabaseRefused',
      message: expect.stringContaining('42501'),
    });
    expect(await tracesOf(database.superuser, step)).toMatchObject({
      ledger: undefined,
      audit: ['createUser failed'],
    });
  });

  test('is kept apart from a step of the same name in another operation, and in another tenant', async () => {
    const step = newStep();
    await users.ledger.forward(step, createUser(step));
    const otherOperation = newStep({ principal: step.principal, input: { email: 'b@one.example' } });
    await users.ledger.forward(otherOperation, createUser(otherOperation));
    const otherTenant = { ...step, principal: principalOf() };
    await users.ledger.forward(otherTenant, createUser(otherTenant));
    expect(await tracesOf(database.superuser, step)).toMatchObject({ users: 2 });
    expect(await tracesOf(database.superuser, otherTenant)).toMatchObject({ users: 1 });
  });
});

describe('an undo', () => {
  test('gets the input and output that the ledger stored, and commits with the row', async () => {
    const step = newStep();
    const output = await users.ledger.forward(step, createUser(step));
    let seen: unknown;
    await users.ledger.undo({ ...step, attempt: 3 }, async (tx, row) => {
      seen = row;
      await deleteUser(tx, row);
    });
    expect(seen).toEqual({ input: step.input, output });
    expect(await tracesOf(database.superuser, step)).toMatchObject({
      ledger: { state: 'undone', output },
      users: 0,
      audit: ['createUser succeeded', 'createUser.undo undone'],
    });
  });

  test('gets null as the output of a step that returned null', async () => {
    const step = newStep();
    await users.ledger.forward(step, () => Promise.resolve(null));
    let seen: unknown;
    await users.ledger.undo(step, (_tx, row) => {
      seen = row.output;
      return Promise.resolve();
    });
    expect(seen).toBeNull();
  });

  test('happens once: a repeated attempt causes nothing', async () => {
    const step = newStep();
    await users.ledger.forward(step, createUser(step));
    await users.ledger.undo(step, deleteUser);
    await users.ledger.undo(step, never);
    expect((await tracesOf(database.superuser, step)).audit).toHaveLength(2);
  });

  test('leaves the step done when it fails, so that the next attempt finds it', async () => {
    const step = newStep();
    await users.ledger.forward(step, createUser(step));
    const cause = new Error('cannot be taken back');
    const failing = users.ledger.undo(step, async (tx, row) => {
      await deleteUser(tx, row);
      throw cause;
    });
    await expect(failing).rejects.toBe(cause);
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: { state: 'done' }, users: 1 });
  });

  test('fences a step that never ran, so that it never will', async () => {
    const step = newStep();
    await users.ledger.undo(step, never);
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: { state: 'fenced' }, audit: [] });
    await expect(users.ledger.forward(step, never)).rejects.toMatchObject({ type: 'StepFenced', nonRetryable: true });
    await users.ledger.undo(step, never);
  });

  test('closes the step: a later forward attempt is fenced', async () => {
    const step = newStep();
    await users.ledger.forward(step, createUser(step));
    await users.ledger.undo(step, deleteUser);
    await expect(users.ledger.forward(step, never)).rejects.toMatchObject({ type: 'StepFenced', nonRetryable: true });
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: { state: 'undone' }, users: 0 });
  });
});
