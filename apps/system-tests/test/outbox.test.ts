import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectOutbox } from '@adx/activity-middleware';
import type { Meter, Outbox } from '@adx/activity-middleware';
import { defineContract, defineEvent, defineWorkflow } from '@adx/contract-kit';
import type { Principal } from '@adx/contract-kit';
import { freePorts, startTemporal, waitUntil } from '@adx/local-parts';
import type { TemporalServer } from '@adx/local-parts';
import { connectOutbox } from '@adx/persistence';
import { createTestDatabase, createTestKeys } from '@adx/testing';
import type { TestDatabase, TestKeys } from '@adx/testing';
import { createDelivery, createRelay } from '@adx/worker-runtime';
import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';

// The relay against a real server: what was committed gets there once, whatever happens to the server meanwhile.

const Note = z.strictObject({ note: z.string() });
const shop = defineContract({
  service: 'user',
  taskQueue: 'shop',
  activities: {},
  workflows: { wrap: defineWorkflow({ pattern: 'standard', input: Note, output: Note, identity: 'request' }) },
  events: { noted: defineEvent({ to: ['post'], payload: Note }) },
});

let folder: string;
let database: TestDatabase;
let keys: TestKeys;
let port: number;
let temporal: TemporalServer;
let client: Client;
let connection: Connection;

const startServer = () =>
  startTemporal({ binary: process.env['ADX_TEST_TEMPORAL_CLI']!, port, dbFile: join(folder, 'temporal.db') });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adx-outbox-'));
  database = await createTestDatabase();
  keys = await createTestKeys();
  port = (await freePorts(1))[0]!;
  temporal = await startServer();
  connection = await Connection.connect({ address: temporal.address });
  client = new Client({ connection });
});
afterAll(async () => {
  await connection?.close();
  await temporal?.stop();
  await keys?.remove();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Writes rows as an effect would. */
async function commit(tenantId: string, collect: (outbox: Outbox) => void): Promise<void> {
  const { outbox, rows } = collectOutbox({ service: 'user', tenantId });
  collect(outbox);
  const effect = await database.superuser.connect();
  try {
    await effect.query('begin');
    await effect.query(`select set_config('adx.tenant_id', $1, true)`, [tenantId]);
    await effect.query('select "user".put_outbox($1)', [JSON.stringify(rows)]);
    await effect.query('commit');
  } finally {
    effect.release();
  }
}

/** A relay with its store; keeps trying, as a background task of a worker does. */
function startRelay(meter?: Meter) {
  const store = connectOutbox({ url: database.relayUrl('user'), schema: 'user', firstRetryMs: 5 });
  const deliver = createDelivery({ client, service: 'user', signer: keys.serviceSigner('user') });
  const relay = createRelay({ store, deliver, ...(meter ? { meter } : {}) });
  const ending = new AbortController();
  const failures: string[] = [];
  const running = (async () => {
    while (!ending.signal.aborted) {
      await relay.run(ending.signal).catch((error: Error) => failures.push(error.name));
    }
  })();
  return {
    failures,
    async stop() {
      ending.abort();
      await running;
      await store.close();
    },
  };
}

const empty = () =>
  waitUntil(
    async () => {
      const { rowCount } = await database.superuser.query('select 1 from "user".outbox where dead_at is null');
      return rowCount === 0 || undefined;
    },
    { within: 60_000 },
  );

test('a start, its signal and an event arrive, in the name of the service, and show who they are for', async () => {
  const measured: string[] = [];
  const relay = startRelay({ record: (histogram) => void measured.push(histogram) });
  const tenantId = randomUUID();
  let operationId = '';
  await commit(tenantId, (outbox) => {
    operationId = outbox.start(shop.workflows.wrap, { note: 'a' }, { key: 'a' });
    outbox.signal(operationId, 'hurry', { by: 'noon' });
    outbox.emit(shop.events.noted, { note: 'a' }, { aggregate: 'note/a' });
  });
  expect(await empty()).toBe(true);
  // Once more, as a relay that died before it could delete: the operation is there already, which is all we want.
  await commit(tenantId, (outbox) => void outbox.start(shop.workflows.wrap, { note: 'a' }, { key: 'a' }));
  expect(await empty()).toBe(true);
  await relay.stop();
  expect(relay.failures).toEqual([]);
  expect(measured).toContain('outbox_lag_ms');

  const handle = client.workflow.getHandle(operationId);
  const { searchAttributes } = await handle.describe();
  expect(searchAttributes).toMatchObject({
    TenantId: [tenantId],
    OperationType: ['wrap'],
    OperationStatus: ['running'],
  });
  const { events } = await handle.fetchHistory();
  const started = events![0]!.workflowExecutionStartedEventAttributes!;
  expect(started.priority?.fairnessKey).toBe(tenantId);
  const call = JSON.parse(Buffer.from(started.input!.payloads![1]!.data!).toString()) as { principal: string };
  const principal: Principal = await keys.verifier.verify(call.principal);
  expect(principal).toMatchObject({ sub: 'user', kind: 'service', tenantId });
  const signals = events!.filter((event) => event.workflowExecutionSignaledEventAttributes);
  expect(signals).toHaveLength(1);

  const found = await waitUntil(
    async () => {
      const list = client.workflow.list({ query: `WorkflowType = 'deliverEvents' AND TaskQueue = 'post'` });
      for await (const one of list) if (one.workflowId.startsWith(tenantId)) return one;
      return undefined;
    },
    { within: 30_000 },
  );
  expect(found?.taskQueue).toBe('post');
});

test('while Temporal is down nothing is lost and nothing dies; then all of it goes out', async () => {
  await temporal.stop();
  const relay = startRelay();
  const tenantId = randomUUID();
  const ids: string[] = [];
  await commit(tenantId, (outbox) => {
    for (const key of ['a', 'b', 'c']) ids.push(outbox.start(shop.workflows.wrap, { note: key }, { key }));
  });
  expect(await waitUntil(() => relay.failures.length > 2 || undefined, { within: 90_000 })).toBe(true);
  const { rows } = await database.superuser.query('select attempts from "user".outbox where tenant_id = $1', [
    tenantId,
  ]);
  expect(rows).toEqual([{ attempts: 0 }, { attempts: 0 }, { attempts: 0 }]);
  temporal = await startServer();
  expect(await empty()).toBe(true);
  for (const id of ids) {
    expect((await client.workflow.getHandle(id).describe()).status.name).toBe('RUNNING');
  }
  await relay.stop();
}, 180_000);
