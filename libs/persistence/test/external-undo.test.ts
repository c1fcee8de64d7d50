import type { ExternalRequest, StoredStep } from '@adx/activity-middleware';
import type { FaultPoint, Json } from '@adx/contract-kit';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { expireLease, never, newStep, nextAttempt, tracesOf } from './step-fixture.ts';
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

const busy = { type: 'StepBusy', nonRetryable: false, category: 'BENIGN' };
const nothing = () => Promise.resolve(undefined);

/** A forward attempt; by default one that calls and gets an answer. */
function forward(step: ExternalRequest, call: (key: string) => Promise<Json> = () => Promise.resolve({ id: 'x' })) {
  return users.ledger.external(step, { prepare: nothing, call: (_prepared, key) => call(key) });
}

/** An undo that needs no preparation. */
function undo(step: ExternalRequest, call: (row: StoredStep, key: string) => Promise<void>, ledger = users.ledger) {
  return ledger.undoExternal(step, { prepare: nothing, call: (_prepared, row, key) => call(row, key) });
}

/** An undo whose call is under way until the test answers it. */
async function underWay(step: ExternalRequest) {
  const called = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const result = undo(step, () => {
    called.resolve();
    return answer.promise;
  });
  result.catch(() => undefined);
  await Promise.race([called.promise, result]);
  return { answer, result };
}

/** A forward call that nobody saw end: `started`, its lease over. */
async function startedStep(): Promise<{ step: ExternalRequest; key: string; late: (answer: Json) => Promise<Json> }> {
  const step = newStep();
  const called = Promise.withResolvers<string>();
  const answer = Promise.withResolvers<Json>();
  const result = forward(step, (key) => {
    called.resolve(key);
    return answer.promise;
  });
  result.catch(() => undefined);
  const key = await called.promise;
  await expireLease(database.superuser, step);
  const late = (value: Json) => {
    answer.resolve(value);
    return result;
  };
  return { step, key, late };
}

/** Ends the lease of an undo, as time would. */
async function expireUndo({ principal, executionKey }: ExternalRequest): Promise<void> {
  const { rowCount } = await database.superuser.query(
    `update "user".step_ledger set lease_until = now() - interval '1 second'
       where tenant_id = $1 and execution_key = $2 and state = 'undoing'`,
    [principal.tenantId, executionKey],
  );
  if (rowCount !== 1) throw new Error('there was no undo under way');
}

const traces = (step: ExternalRequest) => tracesOf(database.superuser, step);

describe('the undo of an external effect', () => {
  test('calls outside any transaction, with what it prepared in one, the stored row and the key of the call', async () => {
    const step = newStep();
    let forwardKey = '';
    await forward(step, (key) => Promise.resolve((forwardKey = key)));
    const seen: unknown[] = [];
    await users.ledger.undoExternal(step, {
      prepare: async (tx, row, key) => ({ count: await tx.user.count(), row, key }),
      call: async (prepared, row, key) => {
        seen.push(prepared, row, key, (await traces(step)).ledger?.state);
      },
    });
    const row = { input: step.input, output: forwardKey };
    expect(seen).toEqual([{ count: 0, row, key: forwardKey }, row, forwardKey, 'undoing']);
    expect(await traces(step)).toMatchObject({
      ledger: { state: 'undone' },
      audit: ['createUser succeeded', 'createUser.undo undone'],
    });
  });

  test('of a call that nobody saw end gets no output and asks by the key; a late answer is fenced', async () => {
    const { step, key, late } = await startedStep();
    const seen: unknown[] = [];
    await undo(step, async (row, undoKey) => void seen.push(row, undoKey));
    expect(seen).toEqual([{ input: step.input, output: undefined }, key]);
    await expect(late('too late')).rejects.toMatchObject({ type: 'StepFenced', nonRetryable: true });
    expect(await traces(step)).toMatchObject({
      ledger: { state: 'undone' },
      audit: ['createUser.undo undone', 'createUser failed'],
    });
  });

  test('of a call whose output is null gets null, not undefined', async () => {
    const step = newStep();
    await forward(step, () => Promise.resolve(null));
    let output: unknown = 'not called';
    await undo(step, async (row) => void (output = row.output));
    expect(output).toBeNull();
  });

  test('fences a step that never began, and calls nobody', async () => {
    const step = newStep();
    await undo(step, never);
    expect((await traces(step)).ledger?.state).toBe('fenced');
    await expect(forward(step, never)).rejects.toMatchObject({ type: 'StepFenced' });
  });

  test('is busy while the forward call holds its lease', async () => {
    const step = newStep();
    const answer = Promise.withResolvers<Json>();
    const called = Promise.withResolvers<void>();
    const result = forward(step, () => (called.resolve(), answer.promise));
    await called.promise;
    const refused = (await undo(step, never).catch((error: unknown) => error)) as { nextRetryDelay: number };
    expect(refused).toMatchObject(busy);
    expect(refused.nextRetryDelay).toBeGreaterThan(50_000);
    answer.resolve(1);
    expect(await result).toBe(1);
  });

  test('is done once: a repeated attempt calls nobody', async () => {
    const step = newStep();
    await forward(step);
    await undo(step, () => Promise.resolve());
    await undo(nextAttempt(step), never);
    expect((await traces(step)).audit).toHaveLength(2);
  });

  test('rolls its beginning back when it cannot be prepared', async () => {
    const step = newStep();
    await forward(step);
    const cause = new Error('nothing to prepare');
    const failing = users.ledger.undoExternal(step, { prepare: () => Promise.reject(cause), call: never });
    await expect(failing).rejects.toBe(cause);
    expect((await traces(step)).ledger?.state).toBe('done');
  });

  test('needs no wait for its lease after a call that failed, and keeps the stored output', async () => {
    const step = newStep();
    await forward(step);
    const cause = new Error('no answer');
    await expect(undo(step, () => Promise.reject(cause))).rejects.toBe(cause);
    let output: unknown;
    await undo(nextAttempt(step), async (row) => void (output = row.output));
    expect(output).toEqual({ id: 'x' });
  });
});

describe('while an undo calls', () => {
  test('another undo is busy, and a forward attempt finds the door closed', async () => {
    const { step } = await startedStep();
    const first = await underWay(step);
    const refused = (await undo(step, never).catch((error: unknown) => error)) as { nextRetryDelay: number };
    expect(refused).toMatchObject(busy);
    expect(refused.nextRetryDelay).toBeGreaterThan(50_000);
    await expect(forward(nextAttempt(step), never)).rejects.toMatchObject({ type: 'StepFenced' });
    first.answer.resolve();
    await first.result;
    expect((await traces(step)).ledger?.state).toBe('undone');
  });

  test('a late answer of the forward call does not open it again', async () => {
    const { step, late } = await startedStep();
    const first = await underWay(step);
    await expect(late('late')).rejects.toMatchObject({ type: 'StepFenced' });
    expect(await traces(step)).toMatchObject({ ledger: { state: 'undoing', output: null } });
    first.answer.resolve();
    await first.result;
  });

  test('16 undos at once make one call', async () => {
    const step = newStep();
    await forward(step);
    let calls = 0;
    const storm = Array.from({ length: 16 }, () => undo(step, async () => void (calls += 1)));
    const refused = (await Promise.allSettled(storm)).filter((one) => one.status === 'rejected');
    for (const { reason } of refused) expect(reason).toMatchObject({ type: 'StepBusy' });
    expect(calls).toBe(1);
  });

  test('a forward attempt that did not wait for the lock cannot start or finish the step', async () => {
    const { step } = await startedStep();
    const first = await underWay(step);
    const { principal, executionKey, operationId, activity } = step;
    const start = users.ledger.withTenant(
      principal,
      (tx) => tx.$queryRaw`select start_step(${principal.tenantId}::uuid, ${executionKey}, ${step.step}, ${operationId},
        ${activity}, 2, null, '{}'::jsonb, 1000)`,
    );
    await expect(start).rejects.toMatchObject({ type: 'StepFenced' });
    first.answer.resolve();
    await first.result;
  });
});

describe('a crash', () => {
  /** A process that ends at one place of an undo, as far as the ledger can tell. */
  const crashing = (point: FaultPoint) =>
    connectUsers(database.appUrl('user'), {
      pass: (site) => {
        if (site.point === point && site.mode === 'undo') throw new Error(`crashed ${point}`);
      },
    });

  test.each([
    ['in-lease', 0],
    ['after-call', 1],
  ] as const)('%s lets the next attempt call after the lease, with the same key', async (point, callsBefore) => {
    const step = newStep();
    await forward(step);
    const dying = crashing(point);
    const keys: string[] = [];
    const call = async (_row: StoredStep, key: string) => void keys.push(key);
    await expect(undo(step, call, dying.ledger)).rejects.toThrow(`crashed ${point}`);
    expect(keys).toHaveLength(callsBefore);
    await expect(undo(nextAttempt(step), never)).rejects.toMatchObject(busy);
    await expireUndo(step);
    await undo(nextAttempt(step), call);
    expect(keys).toHaveLength(callsBefore + 1);
    expect(new Set(keys).size).toBe(1);
    expect((await traces(step)).audit).toEqual(['createUser succeeded', 'createUser.undo undone']);
    await dying.close();
  });

  test('that was only a pause ends as a success when another attempt has ended the undo', async () => {
    const step = newStep();
    await forward(step);
    const paused = await underWay(step);
    await expireUndo(step);
    await undo(nextAttempt(step), () => Promise.resolve());
    paused.answer.resolve();
    await paused.result;
    expect((await traces(step)).audit).toEqual(['createUser succeeded', 'createUser.undo undone']);
  });

  test('that was only a pause is busy while another attempt holds the lease', async () => {
    const step = newStep();
    await forward(step);
    const paused = await underWay(step);
    await expireUndo(step);
    const second = await underWay(nextAttempt(step));
    paused.answer.resolve();
    await expect(paused.result).rejects.toMatchObject(busy);
    expect((await traces(step)).ledger?.state).toBe('undoing');
    second.answer.resolve();
    await second.result;
    expect((await traces(step)).ledger?.state).toBe('undone');
  });

  test('that was only a pause does not give away the lease of another attempt when its call fails', async () => {
    const step = newStep();
    await forward(step);
    const paused = await underWay(step);
    await expireUndo(step);
    const second = await underWay(nextAttempt(step));
    paused.answer.reject(new Error('no answer'));
    await expect(paused.result).rejects.toThrow('no answer');
    await expect(undo(step, never)).rejects.toMatchObject(busy);
    second.answer.resolve();
    await second.result;
  });
});
