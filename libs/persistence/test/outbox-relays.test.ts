import { randomUUID } from 'node:crypto';
import { DeliveryUnavailable } from '@adx/activity-middleware';
import type { OutboxBatch, OutboxRow, OutboxStore } from '@adx/activity-middleware';
import { Client } from 'pg';
import type { Database } from '../src/connect-database.ts';
import { connectOutbox } from '../src/outbox/outbox-store.ts';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { createUser, newStep } from './step-fixture.ts';
import { connectUsers } from './user-database.ts';
import type { UserTx } from './user-database.ts';

// Rows are delivered at least once, those of an aggregate in order, by however many relays.

let database: TestDatabase;
let users: Database<UserTx>;
let store: OutboxStore;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
  users = connectUsers(database.appUrl('user'));
  store = connectRelay();
});
afterEach(() => database.superuser.query('delete from "user".outbox'));
afterAll(async () => {
  await store.close();
  await users.close();
  await database.drop();
});

const connectRelay = () => connectOutbox({ url: database.relayUrl('user'), schema: 'user', firstRetryMs: 1 });

const told = (aggregate: string, payload: string = randomUUID()): OutboxRow => ({
  eventId: randomUUID(),
  kind: 'event',
  target: 'service/post',
  aggregate,
  payload: { type: 'user.userChanged', payload },
});

async function commit(...outbox: OutboxRow[]): Promise<string> {
  const step = newStep({ outbox });
  await users.ledger.forward(step, createUser(step));
  return step.principal.tenantId;
}

async function left() {
  const { rows } = await database.superuser.query<{ seq: number; attempts: number; dead: boolean }>(
    'select seq::int, attempts, dead_at is not null as dead from "user".outbox order by id',
  );
  return rows;
}

/** Notes what was delivered, and in which order. */
function recorder() {
  const batches: OutboxBatch[] = [];
  const deliver = async (batch: OutboxBatch) => void batches.push(batch);
  return {
    batches,
    deliver,
    rows: () => batches.flatMap(({ tenantId, rows }) => rows.map((row) => ({ tenantId, ...row }))),
  };
}

/** Works until nothing is due and nothing is left. */
async function workOff(one: OutboxStore, deliver: (batch: OutboxBatch) => Promise<void>) {
  const end = Date.now() + 30_000;
  while ((await left()).some(({ dead }) => !dead)) {
    if (Date.now() > end) throw new Error('the outbox was not worked off within 30 s');
    await one.work(deliver);
  }
}

test('events of one tenant for one receiver are one batch, at most 500, in order', async () => {
  const tenantId = await commit(...Array.from({ length: 600 }, (_, index) => told(`user/${index % 3}`)));
  const { batches, deliver } = recorder();
  expect(await store.work(deliver)).toBe(500);
  expect(await store.work(deliver)).toBe(100);
  expect(await left()).toEqual([]);
  expect(batches.map((batch) => [batch.tenantId, batch.target, batch.rows.length])).toEqual([
    [tenantId, 'service/post', 500],
    [tenantId, 'service/post', 100],
  ]);
  for (const aggregate of ['user/0', 'user/1', 'user/2']) {
    const numbers = batches.flatMap(({ rows }) =>
      rows.filter((row) => row.aggregate === aggregate).map(({ seq }) => seq),
    );
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  }
});

test('several relays at once deliver each row once, and an aggregate in order', async () => {
  const relays = Array.from({ length: 4 }, connectRelay);
  const { deliver, rows } = recorder();
  const tenants = await Promise.all(
    Array.from({ length: 8 }, () => commit(...Array.from({ length: 20 }, (_, index) => told(`user/${index % 4}`)))),
  );
  const slowly = async (batch: OutboxBatch) => {
    // The others look while this one holds its rows.
    await new Promise((resolve) => setImmediate(resolve));
    await deliver(batch);
  };
  await Promise.all(relays.map((relay) => workOff(relay, slowly)));
  expect(new Set(rows().map(({ id }) => id)).size).toBe(160);
  expect(rows()).toHaveLength(160);
  for (const tenantId of tenants) {
    const numbers = rows()
      .filter((row) => row.tenantId === tenantId && row.aggregate === 'user/1')
      .map(({ seq }) => seq);
    expect(numbers).toEqual([1, 2, 3, 4, 5]);
  }
  await Promise.all(relays.map((relay) => relay.close()));
});

test('a row that commits late is delivered: nobody has passed its number', async () => {
  const { deliver, rows } = recorder();
  const go = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const held = connectUsers(database.appUrl('user'), {
    pass: async ({ point }) => {
      if (point !== 'in-transaction') return;
      reached.resolve();
      await go.promise;
    },
  });
  const late = newStep({ outbox: [told('late')] });
  const committing = held.ledger.forward(late, createUser(late));
  await reached.promise;
  await commit(told('early'));
  expect(await store.work(deliver)).toBe(1);
  go.resolve();
  await committing;
  expect(await store.work(deliver)).toBe(1);
  expect(rows().map(({ aggregate }) => aggregate)).toEqual(['early', 'late']);
  await held.close();
});

test('a relay that dies between delivery and delete delivers again', async () => {
  await commit(told('a'));
  const { deliver, rows } = recorder();
  const mortal = connectRelay();
  const killing = mortal.work(async (batch) => {
    await deliver(batch);
    // Its connection dies with its process.
    await database.superuser.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where usename = 'user_relay' and datname = current_database() and state = 'idle in transaction'`);
  });
  await expect(killing).rejects.toThrow();
  expect(await left()).toHaveLength(1);
  expect(await store.work(deliver)).toBe(1);
  const [first, second] = rows();
  expect(second).toMatchObject({ eventId: first!.eventId, seq: first!.seq });
  await mortal.close();
});

test('a bad row does not hold back the good ones of its batch, only its own aggregate', async () => {
  await commit(told('a'), told('bad', 'bad'), told('bad'), told('b'));
  const { deliver, rows } = recorder();
  await store.work(async (batch) => {
    if (batch.rows.some(({ payload }) => (payload as { payload: string }).payload === 'bad'))
      throw new Error('too bad');
    await deliver(batch);
  });
  expect(rows().map(({ aggregate }) => aggregate)).toEqual(['a', 'b']);
  expect(await left()).toEqual([
    { seq: 1, attempts: 1, dead: false },
    { seq: 2, attempts: 0, dead: false },
  ]);
});

test('after ten attempts a row is dead and holds its aggregate back, until it is requeued', async () => {
  const tenantId = await commit(told('a'), told('a'));
  const refuse = () => Promise.reject(new Error('never'));
  const end = Date.now() + 30_000;
  while (!(await left())[0]!.dead && Date.now() < end) await store.work(refuse);
  expect(await left()).toEqual([
    { seq: 1, attempts: 10, dead: true },
    { seq: 2, attempts: 0, dead: false },
  ]);
  const { deliver, rows } = recorder();
  expect(await store.work(deliver)).toBe(0);
  const requeued = await database.superuser.query(
    `select "user".requeue_outbox(tenant_id, id) as done from "user".outbox where tenant_id = $1 and dead_at is not null`,
    [tenantId],
  );
  expect(requeued.rows).toEqual([{ done: true }]);
  await workOff(store, deliver);
  expect(rows().map(({ seq }) => seq)).toEqual([1, 2]);
});

test('a dead event that is discarded leaves its number, so that its receivers need not wait for it', async () => {
  await commit(told('a'));
  const refuse = () => Promise.reject(new Error('never'));
  const end = Date.now() + 30_000;
  while (!(await left())[0]!.dead && Date.now() < end) await store.work(refuse);
  await database.superuser.query(`select "user".discard_outbox(tenant_id, id) from "user".outbox`);
  const { deliver, rows } = recorder();
  await workOff(store, deliver);
  expect(rows()).toMatchObject([{ seq: 1, payload: { payload: null, discarded: true } }]);
});

test('a delivery that nobody is to blame for costs no attempt', async () => {
  await commit(told('a'));
  const away = () => Promise.reject(new DeliveryUnavailable('away'));
  for (let round = 0; round < 20; round += 1) await expect(store.work(away)).rejects.toThrow(DeliveryUnavailable);
  expect(await left()).toEqual([{ seq: 1, attempts: 0, dead: false }]);
  expect(await store.lag()).toBeGreaterThan(0);
});

test('the relay role sees the outbox of all tenants and nothing else', async () => {
  const relay = new Client({ connectionString: database.relayUrl('user') });
  await relay.connect();
  await commit(told('a'));
  await commit(told('a'));
  expect((await relay.query('select 1 from outbox')).rowCount).toBe(2);
  for (const sql of [
    'select 1 from app_user',
    'select 1 from step_ledger',
    'select 1 from inbox',
    'select 1 from outbox_sequence',
    'truncate outbox',
    `insert into outbox (tenant_id, event_id, kind, target, aggregate, seq, payload)
       select tenant_id, event_id, kind, target, aggregate, seq + 1, payload from outbox`,
    `select put_outbox('[]')`,
  ]) {
    await expect(relay.query(sql)).rejects.toMatchObject({ code: '42501' });
  }
  await relay.end();
});
