import type { ExternalRequest } from '@adx/activity-middleware';
import type { Json } from '@adx/contract-kit';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { expireLease, never, newStep, nextAttempt, principalOf, tracesOf } from './step-fixture.ts';
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

type Call = (key: string) => Promise<Json>;

/** An external attempt that needs no preparation. */
function attempt(step: ExternalRequest, call: Call): Promise<Json> {
  return users.ledger.external(step, {
    prepare: () => Promise.resolve(undefined),
    call: (_prepared, key) => call(key),
  });
}

/** An attempt whose call is under way until the test answers it. */
async function underWay(step: ExternalRequest) {
  const called = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Json>();
  const result = attempt(step, () => {
    called.resolve();
    return answer.promise;
  });
  // It may fail before the test looks at it.
  result.catch(() => undefined);
  await Promise.race([called.promise, result]);
  return { answer, result };
}

const stateOf = async (step: ExternalRequest) => (await tracesOf(database.superuser, step)).ledger?.state;
const busy = { type: 'StepBusy', nonRetryable: false, category: 'BENIGN' };

describe('an external step', () => {
  test('is started and committed before its call, and done after it', async () => {
    const step = newStep();
    const during = await underWay(step);
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: { state: 'started' }, audit: [] });
    during.answer.resolve({ id: 'at-the-other-side' });
    expect(await during.result).toEqual({ id: 'at-the-other-side' });
    expect(await tracesOf(database.superuser, step)).toMatchObject({
      ledger: { state: 'done', output: { id: 'at-the-other-side' } },
      audit: ['createUser succeeded'],
    });
  });

  test('prepares in the transaction that notes the beginning, and calls with what it prepared', async () => {
    const step = newStep();
    const output = await users.ledger.external(step, {
      prepare: (tx) => tx.user.count(),
      call: (prepared) => Promise.resolve({ prepared }),
    });
    expect(output).toEqual({ prepared: 0 });
    const failing = newStep();
    const cause = new Error('nothing to prepare');
    const attempted = users.ledger.external(failing, { prepare: () => Promise.reject(cause), call: never });
    await expect(attempted).rejects.toBe(cause);
    expect(await stateOf(failing)).toBeUndefined();
  });

  test('gets the stored output when it is done, and calls nobody', async () => {
    const step = newStep();
    await attempt(step, () => Promise.resolve('first'));
    expect(await attempt(nextAttempt(step), never)).toBe('first');
  });

  test('calls with one key at all its attempts, and with another key for any other step', async () => {
    const keys: string[] = [];
    const failing: Call = (key) => {
      keys.push(key);
      return Promise.reject(new Error('no answer'));
    };
    const step = newStep();
    await expect(attempt(step, failing)).rejects.toThrow('no answer');
    await expect(attempt(nextAttempt(step), failing)).rejects.toThrow('no answer');
    await expect(attempt({ ...step, step: 'another' }, failing)).rejects.toThrow('no answer');
    await expect(attempt({ ...step, principal: principalOf() }, failing)).rejects.toThrow('no answer');
    expect(keys[1]).toBe(keys[0]);
    expect(new Set(keys).size).toBe(3);
    // Goes out to other systems: it must not tell the tenant or the operation.
    expect(keys[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  test('needs no wait for its lease after a call that failed', async () => {
    const step = newStep();
    await expect(attempt(step, () => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
    expect(await attempt(nextAttempt(step), () => Promise.resolve('second'))).toBe('second');
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: { state: 'done', attempt: 2 } });
  });

  test('says what was wrong with its call, even when its lease cannot be released', async () => {
    const step = newStep();
    const cause = new Error('no answer');
    const rename = (from: string, to: string) =>
      database.superuser.query(`alter function "user".${from} rename to ${to}`);
    const failing = attempt(step, async () => {
      await rename('release_step', 'out_of_order');
      throw cause;
    });
    await expect(failing).rejects.toBe(cause);
    await rename('out_of_order', 'release_step');
    await expect(attempt(nextAttempt(step), never)).rejects.toMatchObject(busy);
  });
});

describe('a lease', () => {
  test('keeps another attempt, an undo and a settle away, and says how long', async () => {
    const step = newStep();
    const { answer, result } = await underWay(step);
    for (const other of [
      attempt(nextAttempt(step), never),
      users.ledger.undo(step, never),
      users.ledger.settle(step).then(() => undefined),
    ]) {
      const error = (await other.catch((thrown: unknown) => thrown)) as { nextRetryDelay: number };
      expect(error).toMatchObject(busy);
      expect(error.nextRetryDelay).toBeGreaterThan(0);
      expect(error.nextRetryDelay).toBeLessThanOrEqual(step.leaseMs);
    }
    answer.resolve('done after all');
    expect(await result).toBe('done after all');
  });

  test('that ran out lets the next attempt call again', async () => {
    const step = newStep();
    const first = await underWay(step);
    await expireLease(database.superuser, step);
    expect(await attempt(nextAttempt(step), () => Promise.resolve('second'))).toBe('second');
    first.answer.resolve('first');
    // One step has one output, whichever answer came first.
    expect(await first.result).toBe('second');
    expect((await tracesOf(database.superuser, step)).audit).toEqual(['createUser succeeded']);
  });

  test('is not ended by the failure of an attempt that lost it, even one with the same number', async () => {
    const step = newStep();
    const first = await underWay(step);
    await expireLease(database.superuser, step);
    // A hand-over from a local to an ordinary activity, and a reset, begin to count anew.
    const second = await underWay(step);
    first.answer.reject(new Error('no answer'));
    await expect(first.result).rejects.toThrow('no answer');
    await expect(users.ledger.undo(step, never)).rejects.toMatchObject(busy);
    second.answer.resolve('second');
    expect(await second.result).toBe('second');
  });

  test('is not ended by the success of an attempt that lost it', async () => {
    const step = newStep();
    const first = await underWay(step);
    await expireLease(database.superuser, step);
    const second = await underWay(nextAttempt(step));
    first.answer.resolve('first');
    await expect(first.result).rejects.toMatchObject(busy);
    // Else the undo could pass the second call, which would then have its effect after it.
    await expect(users.ledger.undo(step, never)).rejects.toMatchObject(busy);
    second.answer.resolve('second');
    expect(await second.result).toBe('second');
  });

  test('that nobody holds any more does not keep a late success out', async () => {
    const step = newStep();
    const first = await underWay(step);
    await expireLease(database.superuser, step);
    await expect(attempt(nextAttempt(step), () => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
    first.answer.resolve('first');
    expect(await first.result).toBe('first');
    expect(await attempt({ ...step, attempt: 3 }, never)).toBe('first');
  });
});

describe('the undo of an external step', () => {
  test('gets the output when the step is done', async () => {
    const step = newStep();
    await attempt(step, () => Promise.resolve({ id: 'x' }));
    let seen: unknown;
    await users.ledger.undo(step, (_tx, row) => Promise.resolve(void (seen = row)));
    expect(seen).toEqual({ input: step.input, output: { id: 'x' } });
  });

  test('gets no output when nobody knows whether the call happened; a late answer is fenced', async () => {
    const step = newStep();
    const zombie = await underWay(step);
    await expireLease(database.superuser, step);
    let seen: unknown;
    await users.ledger.undo(step, (_tx, row) => Promise.resolve(void (seen = row)));
    expect(seen).toEqual({ input: step.input, output: undefined });
    zombie.answer.resolve('too late');
    await expect(zombie.result).rejects.toMatchObject({ type: 'StepFenced', nonRetryable: true });
    expect(await tracesOf(database.superuser, step)).toMatchObject({
      ledger: { state: 'undone', output: null },
      audit: ['createUser.undo undone', 'createUser failed'],
    });
  });
});

describe('settle', () => {
  test('says the output of a pivot that is done', async () => {
    const step = newStep();
    await attempt(step, () => Promise.resolve({ live: true }));
    expect(await users.ledger.settle(step)).toEqual({ outcome: 'done', output: { live: true } });
  });

  test('fences a pivot that never began, and says so at every attempt', async () => {
    const step = newStep();
    expect(await users.ledger.settle(step)).toEqual({ outcome: 'fenced' });
    expect(await users.ledger.settle(step)).toEqual({ outcome: 'fenced' });
    expect(await stateOf(step)).toBe('fenced');
    await expect(attempt(step, never)).rejects.toMatchObject({ type: 'StepFenced' });
  });

  test('says fenced of one that was undone', async () => {
    const step = newStep();
    await attempt(step, () => Promise.resolve(null));
    await users.ledger.undo(step, () => Promise.resolve());
    expect(await users.ledger.settle(step)).toEqual({ outcome: 'fenced' });
  });

  test('asks for a person when the call began, its lease is over and nobody knows the outcome', async () => {
    const step = newStep();
    const { answer, result } = await underWay(step);
    await expireLease(database.superuser, step);
    await expect(users.ledger.settle(step)).rejects.toMatchObject({ type: 'PivotUnsettled', nonRetryable: true });
    // It is still open: the answer may yet come.
    answer.resolve('late');
    expect(await result).toBe('late');
    expect(await users.ledger.settle(step)).toEqual({ outcome: 'done', output: 'late' });
  });
});
