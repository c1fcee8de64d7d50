import type { ExternalRequest } from '@adx/activity-middleware';
import type { FaultInjector, FaultPoint, Json } from '@adx/contract-kit';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import {
  createUser,
  deleteUser,
  expireLease,
  never,
  newStep,
  nextAttempt,
  principalOf,
  tracesOf,
} from './step-fixture.ts';
import { connectUsers } from './user-database.ts';
import type { UserTx } from './user-database.ts';
import type { Database } from '../src/connect-database.ts';

// A call that changes nothing at the other side, and whose answer is applied in the transaction that ends the step.

let database: TestDatabase;
let users: Database<UserTx>;
let faultAt: FaultPoint | undefined;
let fired = 0;
const faults: FaultInjector = {
  async pass({ point }) {
    if (point !== faultAt) return;
    faultAt = undefined;
    fired += 1;
    throw new Error('injected');
  },
};

beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
  users = connectUsers(database.appUrl('user'), faults);
});
afterAll(async () => {
  await users.close();
  await database.drop();
});

const traces = (step: ExternalRequest) => tracesOf(database.superuser, step);
const gives = (answer: string) => () => Promise.resolve(answer);

/** An attempt that makes a user of what it fetches. */
function attempt(step: ExternalRequest, call: () => Promise<string>, apply = createUser(step)): Promise<Json> {
  return users.ledger.fetched(step, { prepare: () => Promise.resolve(undefined), call, apply });
}

test('is started before its call, and applies the answer in the transaction that writes done', async () => {
  const step = newStep();
  let fetched: string | undefined;
  const output = await users.ledger.fetched(step, {
    prepare: (tx) => tx.user.count(),
    call: async (prepared) => {
      expect(await traces(step)).toMatchObject({ ledger: { state: 'started' }, users: 0, audit: [] });
      return `after ${prepared}`;
    },
    apply: (tx, answer) => {
      fetched = answer;
      return createUser(step)(tx);
    },
  });
  expect(fetched).toBe('after 0');
  expect(await traces(step)).toMatchObject({
    ledger: { state: 'done', output },
    users: 1,
    audit: ['createUser succeeded'],
  });
  expect(await attempt(nextAttempt(step), never)).toEqual(output);
});

test('applies nothing of a call that failed, and needs no wait for its lease after it', async () => {
  const step = newStep();
  await expect(attempt(step, () => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
  expect(await traces(step)).toMatchObject({ ledger: { state: 'started' }, users: 0 });
  await attempt(nextAttempt(step), gives('second'));
  expect(await traces(step)).toMatchObject({ ledger: { state: 'done', attempt: 2 }, users: 1 });
});

test('leaves nothing of an answer that could not be applied, and needs no wait for its lease after it', async () => {
  const step = newStep();
  const failing = attempt(step, gives('first'), async (tx) => {
    await createUser(step)(tx);
    throw new Error('not today');
  });
  await expect(failing).rejects.toThrow('not today');
  expect(await traces(step)).toMatchObject({ ledger: { state: 'started' }, users: 0, audit: [] });
  await attempt(nextAttempt(step), gives('second'));
  expect(await traces(step)).toMatchObject({ users: 1, audit: ['createUser succeeded'] });
});

test.each([
  ['in-lease', 0],
  ['after-call', 0],
  ['in-transaction', 0],
  ['after-commit', 1],
] as const)('one that is lost at %s is done once', async (point, committed) => {
  const step = newStep();
  faultAt = point;
  fired = 0;
  await expect(attempt(step, gives('first'))).rejects.toThrow('injected');
  expect(fired).toBe(1);
  expect((await traces(step)).users).toBe(committed);
  await attempt(nextAttempt(step), gives('second'));
  expect(await traces(step)).toMatchObject({ users: 1, audit: ['createUser succeeded'] });
});

test('one whose lease was over has no second effect: the step has the output of the other', async () => {
  const step = newStep();
  const late = Promise.withResolvers<string>();
  const called = Promise.withResolvers<void>();
  // Another address: the ledger alone keeps the second effect out, and no unique key.
  const another = createUser({ ...step, input: { email: 'late@one.example' } });
  const waiting = () => {
    called.resolve();
    return late.promise;
  };
  const first = attempt(step, waiting, another);
  await called.promise;
  await expireLease(database.superuser, step);
  const second = await attempt(nextAttempt(step), gives('second'));
  late.resolve('first');
  expect(await first).toEqual(second);
  expect(await traces(step)).toMatchObject({ users: 1 });
});

test('checks access when it applies: a tenant may be suspended while the other side takes its time', async () => {
  const tenantId = principalOf().tenantId;
  const member = { sub: 'ada', kind: 'user', tenantId, roles: ['owner'] } as const;
  const step = newStep({ principal: principalOf(member), access: 'member', roles: ['owner'] });
  const { superuser } = database;
  await superuser.query(`insert into "user".access_tenant (tenant_id, status) values ($1, 'active')`, [tenantId]);
  await superuser.query(`insert into "user".access_member (tenant_id, subject, roles) values ($1, 'ada', '{owner}')`, [
    tenantId,
  ]);
  const suspended = attempt(step, async () => {
    await superuser.query(`update "user".access_tenant set status = 'suspended' where tenant_id = $1`, [tenantId]);
    return 'answer';
  });
  await expect(suspended).rejects.toMatchObject({ type: 'TenantAccessDenied', nonRetryable: true });
  expect(await traces(step)).toMatchObject({ ledger: { state: 'started' }, users: 0, audit: ['createUser denied'] });
});

test('is undone with what it gave, and fenced when it never applied anything', async () => {
  const done = newStep();
  await attempt(done, gives('answer'));
  await users.ledger.undo(done, deleteUser);
  expect(await traces(done)).toMatchObject({ ledger: { state: 'undone' }, users: 0 });
  const begun = newStep();
  await expect(attempt(begun, () => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
  let seen: unknown;
  await users.ledger.undo(begun, (_tx, row) => Promise.resolve(void (seen = row)));
  expect(seen).toEqual({ input: begun.input, output: undefined });
  await expect(attempt(nextAttempt(begun), never)).rejects.toMatchObject({ type: 'StepFenced' });
});

test('an answer that comes after the undo is not applied', async () => {
  const step = newStep();
  const late = Promise.withResolvers<string>();
  const called = Promise.withResolvers<void>();
  const zombie = attempt(step, () => {
    called.resolve();
    return late.promise;
  });
  await called.promise;
  await expireLease(database.superuser, step);
  await users.ledger.undo(step, () => Promise.resolve());
  late.resolve('too late');
  await expect(zombie).rejects.toMatchObject({ type: 'StepFenced' });
  expect(await traces(step)).toMatchObject({ ledger: { state: 'undone' }, users: 0 });
});
