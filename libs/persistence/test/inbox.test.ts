import { randomUUID } from 'node:crypto';
import { failure } from '@adx/contract-kit';
import type { EventEnvelope } from '@adx/contract-kit';
import fc from 'fast-check';
import type { Database } from '../src/connect-database.ts';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { delivery, eventOf, leaveARow } from './inbox-fixture.ts';
import { connectUsers } from './user-database.ts';
import type { UserTx } from './user-database.ts';

// Events come at least once and in any order; they are applied once, and in the order of their numbers.

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

/** What was applied, in order, as the superuser sees it. */
async function applied(tenantId: string): Promise<string[]> {
  const { rows } = await database.superuser.query<{ email: string }>(
    `select email from "user".app_user where tenant_id = $1 order by split_part(email, ':', 1)::int`,
    [tenantId],
  );
  return rows.map(({ email }) => email.slice(email.indexOf(':') + 1));
}

async function inboxOf(tenantId: string) {
  const { rows } = await database.superuser.query<{ seq: number; dead: boolean; attempts: number; last_error: string }>(
    `select seq::int, dead_at is not null as dead, attempts, last_error from "user".inbox
       where tenant_id = $1 order by seq`,
    [tenantId],
  );
  return rows;
}

test('applies an event whose turn it is, and leaves its position, an audit entry and nothing else', async () => {
  const tenantId = randomUUID();
  expect(await delivery(users.inbox, tenantId)(eventOf(1))).toEqual(['1 applied']);
  expect(await applied(tenantId)).toEqual(['tenant:1']);
  expect(await inboxOf(tenantId)).toEqual([]);
  const audit = await database.superuser.query(
    `select actor, actor_kind, action, outcome from "user".audit_pending where tenant_id = $1`,
    [tenantId],
  );
  expect(audit.rows).toEqual([
    { actor: 'tenant', actor_kind: 'service', action: 'tenant.nameChanged', outcome: 'succeeded' },
  ]);
});

test('holds an early event back, and applies it after the one it waited for', async () => {
  const tenantId = randomUUID();
  const deliver = delivery(users.inbox, tenantId);
  expect(await deliver(eventOf(3))).toEqual(['3 held']);
  expect(await deliver(eventOf(2))).toEqual(['2 held']);
  expect(await deliver(eventOf(1))).toEqual(['1 applied', '2 applied', '3 applied']);
  expect(await deliver(eventOf(2))).toEqual(['2 duplicate']);
  expect(await applied(tenantId)).toEqual(['tenant:1', 'tenant:2', 'tenant:3']);
});

test('goes on behind a duplicate: whoever applied it may have died before it looked for the next', async () => {
  const tenantId = randomUUID();
  const deliver = delivery(users.inbox, tenantId);
  await deliver(eventOf(2));
  // The first is applied by a process that dies at once.
  await database.superuser.query(`update "user".inbox_position set seq = 1 where tenant_id = $1`, [tenantId]);
  expect(await deliver(eventOf(1))).toEqual(['1 duplicate', '2 applied']);
});

test('a handler that refuses makes its event dead, and its aggregate waits while the others go on', async () => {
  const tenantId = randomUUID();
  const refusing = async (tx: UserTx, event: EventEnvelope) => {
    await leaveARow(tenantId)(tx, event);
    if (event.aggregate === 'a' && event.seq === 1) throw failure('BusinessLogicError', 'never');
  };
  const deliver = delivery(users.inbox, tenantId, refusing);
  expect(await deliver(eventOf(1, { aggregate: 'a' }))).toEqual(['1 dead']);
  expect(await deliver(eventOf(2, { aggregate: 'a' }))).toEqual(['2 held']);
  expect(await deliver(eventOf(1, { aggregate: 'a' }))).toEqual(['1 dead']);
  expect(await deliver(eventOf(1, { aggregate: 'b' }))).toEqual(['1 applied']);
  expect(await applied(tenantId)).toEqual(['b:1']);
  expect(await inboxOf(tenantId)).toMatchObject([
    { seq: 1, dead: true, last_error: 'BusinessLogicError: never' },
    { seq: 2, dead: false },
  ]);
});

test('a handler that fails gets ten attempts, and its message stays out of the table', async () => {
  const tenantId = randomUUID();
  const failing = delivery(users.inbox, tenantId, () => Promise.reject(new Error('ada@acme.example')));
  for (let attempt = 1; attempt < 10; attempt += 1) expect(await failing(eventOf(1))).toEqual(['1 failed']);
  expect(await failing(eventOf(1))).toEqual(['1 dead']);
  expect(await inboxOf(tenantId)).toMatchObject([{ attempts: 10, dead: true, last_error: 'Error' }]);
});

test('the failure of the database is nobody’s: it is thrown, and nothing is counted', async () => {
  const tenantId = randomUUID();
  const away = delivery(users.inbox, tenantId, () => Promise.reject(failure('DatabaseError', 'away')));
  await expect(away(eventOf(1))).rejects.toMatchObject({ type: 'DatabaseError' });
  expect(await inboxOf(tenantId)).toEqual([]);
});

test('a dead event that is requeued or discarded goes to the own relay, and only for that tenant', async () => {
  for (const discard of [false, true]) {
    const tenantId = randomUUID();
    const refusing = delivery(users.inbox, tenantId, () => Promise.reject(failure('BusinessLogicError', 'never')));
    await refusing(eventOf(1));
    await delivery(users.inbox, tenantId)(eventOf(2));
    const requeue = (tenant: string) =>
      database.superuser.query<{ done: boolean }>(
        `select "user".requeue_inbox($1, 'tenant', 'tenant', 1, $2) as done`,
        [tenant, discard],
      );
    expect((await requeue(randomUUID())).rows).toEqual([{ done: false }]);
    expect((await requeue(tenantId)).rows).toEqual([{ done: true }]);
    const { rows } = await database.superuser.query<{ kind: string; target: string; payload: EventEnvelope }>(
      `select kind, target, payload from "user".outbox where tenant_id = $1`,
      [tenantId],
    );
    expect(rows).toMatchObject([{ kind: 'redelivery', target: 'service/user', payload: { seq: 1 } }]);
    const seen: boolean[] = [];
    const handle = (_tx: UserTx, event: EventEnvelope) => Promise.resolve(void seen.push(event.discarded === true));
    expect(await delivery(users.inbox, tenantId, handle)(rows[0]!.payload)).toEqual(['1 applied', '2 applied']);
    expect(seen).toEqual([discard, false]);
  }
});

// The model: whatever comes, the longest run of numbers from 1 that has come is applied, each once.
test('whatever is repeated and reordered, by several at once, is applied once and in order', async () => {
  const deliveries = fc.array(
    fc.record({ aggregate: fc.constantFrom('a', 'b'), seq: fc.integer({ min: 1, max: 6 }), by: fc.nat(2) }),
    { minLength: 1, maxLength: 24 },
  );
  await fc.assert(
    fc.asyncProperty(deliveries, async (events) => {
      const tenantId = randomUUID();
      const workers = [0, 1, 2].map(async (worker) => {
        for (const { aggregate, seq } of events.filter(({ by }) => by === worker)) {
          await delivery(users.inbox, tenantId)(eventOf(seq, { aggregate }));
        }
      });
      await Promise.all(workers);
      const rows = await applied(tenantId);
      for (const aggregate of ['a', 'b']) {
        const come = new Set(events.filter((one) => one.aggregate === aggregate).map(({ seq }) => seq));
        const expected = [1, 2, 3, 4, 5, 6].filter((seq) => [...Array(seq).keys()].every((n) => come.has(n + 1)));
        expect(rows.filter((row) => row.startsWith(`${aggregate}:`))).toEqual(expected.map((n) => `${aggregate}:${n}`));
      }
    }),
    { numRuns: 25 },
  );
});
