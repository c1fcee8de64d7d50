import { randomUUID } from 'node:crypto';
import type { OutboxRow } from '@adx/activity-middleware';
import { startWireProxy } from '@adx/local-parts';
import { Client } from 'pg';
import type { Database } from '../src/connect-database.ts';
import { createTestDatabase, urlOf } from './database.ts';
import type { TestDatabase } from './database.ts';
import { createUser, deleteUser, newStep, tracesOf } from './step-fixture.ts';
import { connectUsers } from './user-database.ts';
import type { UserTx } from './user-database.ts';

// A row of the outbox exists exactly when the effect does.

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

const told = (aggregate: string, target = 'service/post'): OutboxRow => ({
  eventId: randomUUID(),
  kind: 'event',
  target,
  aggregate,
  payload: { type: 'user.userChanged', payload: {} },
});

async function rowsOf(tenantId: string) {
  const { rows } = await database.superuser.query<{ target: string; aggregate: string; seq: number }>(
    'select target, aggregate, seq::int from "user".outbox where tenant_id = $1 order by id',
    [tenantId],
  );
  return rows;
}

test('rows commit with the effect, and with the undo', async () => {
  const step = newStep({ outbox: [told('a')] });
  await users.ledger.forward(step, createUser(step));
  expect(await rowsOf(step.principal.tenantId)).toHaveLength(1);
  await users.ledger.undo({ ...step, outbox: [told('a'), told('a')] }, deleteUser);
  expect((await rowsOf(step.principal.tenantId)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

test('rows vanish with an effect that fails, also when it fails after them', async () => {
  const step = newStep({ outbox: [told('a')] });
  let passed = 0;
  const failing = connectUsers(database.appUrl('user'), {
    pass: ({ point }) => {
      if (point !== 'in-transaction') return;
      passed += 1;
      throw new Error('after everything was written');
    },
  });
  await expect(failing.ledger.forward(step, createUser(step))).rejects.toThrow('after everything');
  expect(passed).toBe(1);
  expect(await rowsOf(step.principal.tenantId)).toEqual([]);
  await failing.close();
});

test('rows of an external effect commit with its end, not with its beginning', async () => {
  const step = newStep({ outbox: [told('a')] });
  await users.ledger.external(step, {
    prepare: () => Promise.resolve(undefined),
    call: async () => {
      expect(await rowsOf(step.principal.tenantId)).toEqual([]);
      return 'answer';
    },
  });
  expect(await rowsOf(step.principal.tenantId)).toHaveLength(1);
});

test('a repeated attempt leaves no second row', async () => {
  const step = newStep({ outbox: [told('a')] });
  await users.ledger.forward(step, createUser(step));
  await users.ledger.forward({ ...step, attempt: 2, outbox: [told('a')] }, createUser(step));
  expect(await rowsOf(step.principal.tenantId)).toHaveLength(1);
});

test('a lost COMMIT reply leaves one effect, one audit entry and one row', async () => {
  const proxy = await startWireProxy(Number(new URL(database.appUrl('user')).port));
  const url = new URL(database.appUrl('user'));
  url.port = String(proxy.port);
  const far = connectUsers(url.href);
  const step = newStep({ outbox: [told('a')] });
  proxy.dropNextCommitReply('break');
  await expect(far.ledger.forward(step, createUser(step))).rejects.toMatchObject({ type: 'DatabaseError' });
  expect(proxy.dropped()).toBeGreaterThan(0);
  await far.ledger.forward({ ...step, attempt: 2, outbox: [told('a')] }, createUser(step));
  expect(await tracesOf(database.superuser, step)).toMatchObject({ users: 1, audit: ['createUser succeeded'] });
  expect(await rowsOf(step.principal.tenantId)).toHaveLength(1);
  await far.close();
  await proxy.close();
});

test('numbers count per target and aggregate, without gaps, in the order of the commits', async () => {
  const { principal } = newStep();
  // Each names the aggregates in another order: locks that were taken as they come would deadlock.
  const effects = Array.from({ length: 24 }, (_, index) => {
    const both = [told('a'), told('b'), told('a', 'service/billing')];
    const step = newStep({ principal, outbox: index % 2 ? both : both.toReversed() });
    return users.ledger.forward(step, createUser(step));
  });
  await Promise.all(effects);
  const rows = await rowsOf(principal.tenantId);
  for (const [target, aggregate] of [
    ['service/post', 'a'],
    ['service/post', 'b'],
    ['service/billing', 'a'],
  ]) {
    const numbers = rows.filter((row) => row.target === target && row.aggregate === aggregate).map(({ seq }) => seq);
    expect(numbers.toSorted((x, y) => x - y)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
  }
});

test('a commit wakes whoever listens', async () => {
  const listener = new Client({
    connectionString: urlOf({ database: new URL(database.appUrl('user')).pathname.slice(1) }),
  });
  await listener.connect();
  await listener.query('listen adx_outbox_user');
  try {
    const woken = new Promise((resolve) => listener.once('notification', resolve));
    const step = newStep({ outbox: [told('a')] });
    await users.ledger.forward(step, createUser(step));
    await woken;
  } finally {
    await listener.end();
  }
});

test('an effect cannot write what only an operator may: a redelivery', async () => {
  const step = newStep({ outbox: [{ ...told('a'), kind: 'redelivery' as never }] });
  await expect(users.ledger.forward(step, createUser(step))).rejects.toMatchObject({ type: 'DatabaseRefused' });
});
