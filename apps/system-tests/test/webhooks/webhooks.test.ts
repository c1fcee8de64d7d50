import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatOperationId } from '@adx/contract-kit';
import { LOCAL_CERTIFICATE, startTestPlatform } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import { bundleWorkflows } from '@adx/workflow-bundle';
import { NativeConnection, Worker } from '@temporalio/worker';
import { Webhook } from 'standardwebhooks';
import { startReceiver } from './receiver.ts';

const TENANT = randomUUID();
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const DATA = { order: 'the book of canaries' };

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let platform: TestPlatform;
let worker: Worker;
let running: Promise<void>;
let connection: NativeConnection;
let folder: string;
const endpointId = randomUUID();

beforeAll(async () => {
  receiver = await startReceiver();
  folder = await mkdtemp(join(tmpdir(), 'adx-webhooks-'));
  await writeFile(join(folder, 'ca.pem'), LOCAL_CERTIFICATE);
  platform = await startTestPlatform({
    env: {
      [`ADX_SECRET_${TENANT.replaceAll('-', '').toUpperCase()}_MAIN`]: SECRET,
      ADX_WEBHOOK_LOCAL_HOSTS: 'localhost',
      ADX_EXTERNAL_CA_FILE: join(folder, 'ca.pem'),
    },
  });
  const { superuser } = platform.database;
  await superuser.query(`insert into notification.access_tenant (tenant_id, status) values ($1, 'active')`, [TENANT]);
  await superuser.query(
    `insert into notification.webhook_endpoint (tenant_id, endpoint_id, url, secret_name) values ($1, $2, $3, 'main')`,
    [TENANT, endpointId, receiver.url],
  );
  const { code } = await bundleWorkflows({ workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)) });
  connection = await NativeConnection.connect({ address: platform.temporalAddress });
  const { dataConverter } = platform.encryption;
  worker = await Worker.create({ connection, taskQueue: 'webhooks-test', workflowBundle: { code }, dataConverter });
  running = worker.run();
});
afterAll(async () => {
  worker?.shutdown();
  await running;
  await connection?.close();
  await platform?.stop();
  await receiver?.stop();
  if (folder) await rm(folder, { recursive: true });
});

/** Delivers one event, whatever the receiver does meanwhile. */
async function deliver(id = endpointId, tenantId = TENANT) {
  const workflowId = formatOperationId({ tenantId, workflowType: 'deliver', key: randomUUID() });
  const service = { sub: 'notification', kind: 'service', tenantId, roles: [] } as const;
  const principal = await platform.keys.serviceSigner('notification').sign(service);
  const call = { operationId: workflowId, principal, executionKey: `${workflowId}/run`, step: 'deliverWebhook' };
  const handle = await platform.client.workflow.start('deliver', {
    taskQueue: 'webhooks-test',
    workflowId,
    args: [{ endpointId: id, type: 'order.placed', data: DATA }, call],
  });
  return { handle, workflowId };
}

async function ledgerRows(workflowId: string) {
  const { rows } = await platform.database.superuser.query<{ state: string }>(
    'select state from notification.step_ledger where operation_id = $1',
    [workflowId],
  );
  return rows.map(({ state }) => state);
}

test.each([
  ['answers at once', [], 1],
  ['fails once', [(response) => response.writeHead(500).end()], 2],
  ['asks for a moment', [(response) => response.writeHead(429, { 'retry-after': '0' }).end()], 2],
  ['hangs', [() => undefined], 2],
  ['takes it and loses its answer', [(response) => response.socket?.destroy()], 2],
] satisfies [string, Parameters<typeof receiver.script>, number][])(
  'a receiver that %s gets the event, under one webhook-id, from one step',
  async (_how, behaviours, arrivals) => {
    receiver.script(...behaviours);
    const { handle, workflowId } = await deliver();
    const result = (await handle.result()) as { webhookId: string; status: number };
    expect(result.status).toBe(200);
    expect(receiver.deliveries).toHaveLength(arrivals);
    for (const { headers, body } of receiver.deliveries) {
      expect(headers['webhook-id']).toBe(result.webhookId);
      expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toEqual({
        type: 'order.placed',
        data: DATA,
      });
    }
    expect(await ledgerRows(workflowId)).toEqual(['done']);
  },
  60_000,
);

test('an endpoint of another tenant does not exist', async () => {
  receiver.script();
  const other = randomUUID();
  const { superuser } = platform.database;
  await superuser.query(`insert into notification.access_tenant (tenant_id, status) values ($1, 'active')`, [other]);
  const { handle } = await deliver(endpointId, other);
  await expect(handle.result()).rejects.toMatchObject({
    cause: { cause: { type: 'notification.EndpointGone' } },
  });
  expect(receiver.deliveries).toEqual([]);
});

test('neither the secret nor the payload is in the log, and the secret in no history, ledger or audit', async () => {
  receiver.script((response) => response.writeHead(500).end());
  const { handle, workflowId } = await deliver();
  await handle.result();
  const { events = [] } = await handle.fetchHistory();
  const payloads = events!
    .flatMap((event) => Object.values(event as unknown as Record<string, unknown>))
    .filter((part) => part !== null);
  const decoded = await Promise.all(
    payloadsIn(payloads).map(async (payload) =>
      Buffer.from((await platform.encryption.dataConverter.payloadCodecs![0]!.decode([payload]))[0]!.data!).toString(),
    ),
  );
  // It looked at what there is: the input is among it.
  expect(decoded.join()).toContain(DATA.order);
  const { rows } = await platform.database.superuser.query(
    `select l::text as row from notification.step_ledger l where operation_id = $1
       union all select a::text from notification.audit_pending a where operation_id = $1
       union all select a::text from notification.audit a where operation_id = $1`,
    [workflowId],
  );
  expect(rows.length).toBeGreaterThanOrEqual(2);
  const log = JSON.stringify(platform.log);
  expect(log).toContain(workflowId);
  for (const secret of [SECRET, SECRET.slice('whsec_'.length)]) {
    expect(`${decoded.join()}${JSON.stringify(rows)}${log}`).not.toContain(secret);
  }
  expect(log).not.toContain(DATA.order);
});

/** Every payload anywhere in a history. */
function payloadsIn(value: unknown): { metadata: Record<string, Uint8Array>; data: Uint8Array }[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  const { metadata, data } = value as { metadata?: unknown; data?: unknown };
  if (metadata && data instanceof Uint8Array) {
    return [value as { metadata: Record<string, Uint8Array>; data: Uint8Array }];
  }
  return Object.values(value).flatMap(payloadsIn);
}
