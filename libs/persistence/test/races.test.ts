import type { FaultPoint, StepMode } from '@adx/contract-kit';
import { startWireProxy } from '@adx/local-parts';
import { createTestDatabase, urlOf } from './database.ts';
import type { TestDatabase } from './database.ts';
import { createUser, deleteUser, expireLease, never, newStep, nextAttempt, tracesOf } from './step-fixture.ts';
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

/** A second connection whose attempts wait at one place until they are let go. */
function connectHeld(point: FaultPoint, mode: StepMode) {
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const held = connectUsers(database.appUrl('user'), {
    pass: async (site) => {
      if (site.point !== point || site.mode !== mode) return;
      reached.resolve();
      await go.promise;
    },
  });
  return { held, reached: reached.promise, go: go.resolve };
}

describe('a zombie', () => {
  test('that begins its transaction after the undo is fenced and causes nothing', async () => {
    const step = newStep();
    const { held, reached, go } = connectHeld('before-transaction', 'forward');
    const zombie = held.ledger.forward(step, createUser(step));
    zombie.catch(() => undefined);
    await reached;
    await users.ledger.undo(step, never);
    go();
    await expect(zombie).rejects.toMatchObject({ type: 'StepFenced' });
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: { state: 'fenced' }, users: 0 });
    await held.close();
  });

  test('that commits while the undo waits for it is undone', async () => {
    const step = newStep();
    const { held, reached, go } = connectHeld('in-transaction', 'forward');
    const slow = held.ledger.forward(step, createUser(step));
    await reached;
    const undone = users.ledger.undo(step, deleteUser);
    await lockIsAwaited();
    go();
    await slow;
    await undone;
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: { state: 'undone' }, users: 0 });
    await held.close();
  });

  // The lock is courtesy. This attempt has none, so that only the guarded write is left.
  test('that commits after the undo without a lock is rolled back by the guarded write', async () => {
    const step = newStep();
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const unlocked = users.ledger.withTenant(step.principal, async (tx) => {
      await createUser(step)(tx);
      begun.resolve();
      await go.promise;
      const { principal, executionKey, operationId } = step;
      await tx.$queryRaw`select finish_step('forward', ${principal.tenantId}::uuid, ${executionKey}, ${step.step},
        ${operationId}, ${step.activity}, 1, null, '{}', '{}', ${principal.sub}, ${principal.kind}, 'x', null, null)::text`;
    });
    unlocked.catch(() => undefined);
    await begun.promise;
    await users.ledger.undo(step, never);
    go.resolve();
    await expect(unlocked).rejects.toMatchObject({ type: 'StepFenced' });
    expect(await tracesOf(database.superuser, step)).toMatchObject({
      ledger: { state: 'fenced' },
      users: 0,
      audit: [],
    });
  });

  async function lockIsAwaited() {
    const until = Date.now() + 10_000;
    while (Date.now() < until) {
      const { rowCount } = await database.superuser.query(
        `select 1 from pg_locks where locktype = 'advisory' and not granted
           and database = (select oid from pg_database where datname = current_database())`,
      );
      if (rowCount) return;
    }
    throw new Error('nobody waits for a lock');
  }
});

describe('two forward attempts at once', () => {
  test('cause one effect: the second is busy at once and finds the output later', async () => {
    const step = newStep();
    const { held, reached, go } = connectHeld('in-transaction', 'forward');
    const first = held.ledger.forward(step, createUser(step));
    await reached;
    await expect(users.ledger.forward(nextAttempt(step), never)).rejects.toMatchObject({
      type: 'StepBusy',
      nonRetryable: false,
      category: 'BENIGN',
    });
    go();
    const output = await first;
    expect(await users.ledger.forward(nextAttempt(step), never)).toEqual(output);
    await held.close();
  });
});

describe('a storm', () => {
  test('of 16 forward attempts and undos of one step leaves at most one effect, and none after the undo', async () => {
    const outcomes: string[] = [];
    for (let round = 0; round < 12; round += 1) {
      const step = newStep();
      const storm = await Promise.allSettled(
        Array.from({ length: 16 }, (_, index) =>
          // In some rounds the undo comes first, in some last, in some between.
          (index + round) % 4 === 3
            ? users.ledger.undo(step, deleteUser)
            : users.ledger.forward({ ...step, attempt: index + 1 }, createUser(step)),
        ),
      );
      const refused = storm.flatMap((one) =>
        one.status === 'rejected' ? [(one.reason as { type?: string }).type] : [],
      );
      expect(refused.filter((type) => !['StepBusy', 'StepFenced', 'DatabaseError'].includes(type ?? ''))).toEqual([]);
      const { ledger, users: effects, audit } = await tracesOf(database.superuser, step);
      expect(effects).toBe(ledger?.state === 'done' ? 1 : 0);
      expect(audit.filter((entry) => entry.endsWith('succeeded')).length).toBeLessThanOrEqual(1);
      await users.ledger.undo(step, deleteUser);
      const after = await tracesOf(database.superuser, step);
      expect(after.users).toBe(0);
      expect(['undone', 'fenced']).toContain(after.ledger?.state);
      outcomes.push(after.ledger?.state ?? 'none');
    }
    expect(outcomes).toHaveLength(12);
  });
});

describe('a lost COMMIT reply', () => {
  test.each(['forward', 'undo'] as const)(
    'of %s is worth another attempt, which finds what was committed',
    async (mode) => {
      const proxy = await startWireProxy(Number(new URL(database.appUrl('user')).port));
      const far = connectUsers(urlOfPort(proxy.port));
      const step = newStep();
      if (mode === 'undo') await users.ledger.forward(step, createUser(step));
      let effects = 0;
      const attempt = () =>
        mode === 'forward'
          ? far.ledger.forward(step, (tx) => {
              effects += 1;
              return createUser(step)(tx);
            })
          : far.ledger.undo(step, (tx, row) => {
              effects += 1;
              return deleteUser(tx, row);
            });
      proxy.dropNextCommitReply('break');
      await expect(attempt()).rejects.toMatchObject({ type: 'DatabaseError', nonRetryable: false });
      expect(proxy.dropped()).toBeGreaterThan(0);
      const output = await attempt();
      expect(effects).toBe(1);
      const traces = await tracesOf(database.superuser, step);
      if (mode === 'forward') {
        expect(traces).toMatchObject({ ledger: { state: 'done' }, users: 1, audit: ['createUser succeeded'] });
        expect(output).toEqual(traces.ledger?.output);
      } else {
        expect(traces).toMatchObject({ ledger: { state: 'undone' }, users: 0 });
        expect(traces.audit).toEqual(['createUser succeeded', 'createUser.undo undone']);
      }
      await far.close();
      await proxy.close();
    },
  );

  test('of an external step is worth another attempt, which calls nobody', async () => {
    const proxy = await startWireProxy(Number(new URL(database.appUrl('user')).port));
    const far = connectUsers(urlOfPort(proxy.port));
    const step = newStep();
    const attempt = far.ledger.external(step, {
      prepare: () => Promise.resolve(undefined),
      call: () => {
        // The first COMMIT, of `started`, is over: the next is that of `done`.
        proxy.dropNextCommitReply('break');
        return Promise.resolve('answer');
      },
    });
    await expect(attempt).rejects.toMatchObject({ type: 'DatabaseError', nonRetryable: false });
    expect(proxy.dropped()).toBeGreaterThan(0);
    expect(await far.ledger.external(nextAttempt(step), { prepare: never, call: never })).toBe('answer');
    expect((await tracesOf(database.superuser, step)).audit).toEqual(['createUser succeeded']);
    await far.close();
    await proxy.close();
  });

  test('of the beginning of an external step makes no call, and the next attempt waits for the lease', async () => {
    const proxy = await startWireProxy(Number(new URL(database.appUrl('user')).port));
    const far = connectUsers(urlOfPort(proxy.port));
    const step = newStep();
    proxy.dropNextCommitReply('break');
    const attempt = far.ledger.external(step, { prepare: () => Promise.resolve(undefined), call: never });
    await expect(attempt).rejects.toMatchObject({ type: 'DatabaseError', nonRetryable: false });
    expect(await tracesOf(database.superuser, step)).toMatchObject({ ledger: { state: 'started' } });
    const next = { prepare: () => Promise.resolve(undefined), call: () => Promise.resolve('answer') };
    await expect(far.ledger.external(nextAttempt(step), next)).rejects.toMatchObject({ type: 'StepBusy' });
    await expireLease(database.superuser, step);
    expect(await far.ledger.external(nextAttempt(step), next)).toBe('answer');
    await far.close();
    await proxy.close();
  });

  function urlOfPort(port: number): string {
    const { username, password, pathname } = new URL(database.appUrl('user'));
    return urlOf({ username, password, database: pathname.slice(1), port });
  }
});
