import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { decodeHistory } from '@adx/payload-codec';
import { tenantContract } from '@adx/tenant-contract';
import { tenantService } from '@adx/tenant-worker';
import { startWorker, ConfigError } from '@adx/worker-runtime';
import { startOnboarding, startTestPlatform, unique } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import { Worker } from '@temporalio/worker';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { stored } from './stored.ts';

// What Temporal stores of a process says nothing of it: not in clear, and not to whoever lacks the tenant's key.

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
}, 120_000);
afterAll(() => platform?.stop(), 60_000);
afterEach(() => platform.faults.set());

const BOUND = 45_000;

test('a whole onboarding leaves its e-mail address nowhere in what Temporal stores', async () => {
  const canary = `canary-${randomBytes(8).toString('hex')}@acme.example`;
  const { operationId } = await startOnboarding(platform, { ownerEmail: canary });
  expect(await platform.operations.ended(operationId, BOUND)).toBe(true);

  const raw = await stored(platform.rawClient, operationId);
  expect(raw).toContain('onboardTenant');
  expect(raw).toContain('binary/encrypted');
  expect(raw).not.toContain(canary);
  // Not a single payload was left out but those that are clear by design.
  const { events } = JSON.parse(
    historyToJSON(await platform.rawClient.workflow.getHandle(operationId).fetchHistory()),
  ) as { events: unknown[] };
  const encodings = payloadEncodings(events, 'events');
  expect(encodings.length).toBeGreaterThan(12);
  expect(encodings.filter(({ encoding }) => encoding !== 'binary/encrypted')).toEqual([]);

  // The same process, for those who have the key: a decoded history is what is recorded, and it replays without a codec.
  const json = historyToJSON(await platform.rawClient.workflow.getHandle(operationId).fetchHistory());
  const clear = await decodeHistory(json, platform.encryption.codec);
  expect(clear).not.toContain(Buffer.from('binary/encrypted').toString('base64'));
  const codePath = fileURLToPath(tenantService.workflows!);
  const replay = Worker.runReplayHistory(
    { workflowBundle: { codePath } },
    historyFromJSON(JSON.parse(clear)),
    operationId,
  );
  await expect(replay).resolves.toBeUndefined();
  const view = await platform.operations.get(operationId);
  expect(view).toMatchObject({ status: 'completed', stale: false });
  const first = await platform.rawClient.workflow.getHandle(operationId).fetchHistory();
  const input = first.events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads!;
  const [decoded] = await platform.encryption.codec.decode(input);
  expect(Buffer.from(decoded!.data!).toString()).toContain(canary);
}, 90_000);

/** A way to a database that can be shut. */
async function openDoor(target: URL) {
  let isOpen = true;
  let refused = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (!isOpen) {
      refused += 1;
      return void client.destroy();
    }
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const shut = () => {
    isOpen = false;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: url.href,
    shut,
    open: () => void (isOpen = true),
    refused: () => refused,
    [Symbol.asyncDispose]: async () => {
      shut();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * The encoding of every payload below, and where it is. Search attributes are clear, as the server filters by them, and
 * so is the bookkeeping of local activities (`data` of their markers: number, attempt, name and times), which Temporal's
 * core writes past every codec. Their results and failures are not.
 */
function payloadEncodings(node: unknown, path: string): { path: string; encoding: string }[] {
  if (node === null || typeof node !== 'object') return [];
  if ('metadata' in node && typeof node.metadata === 'object' && node.metadata && 'encoding' in node.metadata) {
    return [{ path, encoding: Buffer.from(String(node.metadata.encoding), 'base64').toString() }];
  }
  return Object.entries(node).flatMap(([name, value]) =>
    name === 'searchAttributes' || (path.endsWith('.markerRecordedEventAttributes.details') && name === 'data')
      ? []
      : payloadEncodings(value, `${path}.${name}`),
  );
}

test('the messages of failures are encrypted too, and read by those who have the key', async () => {
  const { operationId } = await startOnboarding(platform, { ownerEmail: 'ada@suppressed.example' });
  expect(await platform.operations.ended(operationId, BOUND)).toBe(true);

  const raw = await stored(platform.rawClient, operationId);
  expect(raw).toContain('Encoded failure');
  expect(raw).not.toContain('every attempted step is undone');
  expect(raw).not.toMatch(/"stackTrace": ?"[^"]/);
  const failure = await platform.client.workflow
    .getHandle(operationId)
    .result()
    .then(
      () => undefined,
      (error: Error) => error,
    );
  expect((failure?.cause as Error).message).toContain('every attempted step is undone');
  expect(await platform.operations.get(operationId)).toMatchObject({
    error: { type: expect.stringContaining('AddressRejected') },
  });
}, 90_000);

test('a repeated request is recognised, although its fingerprint is encrypted', async () => {
  const slug = unique('acme');
  const { operationId, tenantId, input } = await startOnboarding(platform, { slug });
  const request = {
    input,
    tenantId,
    subject: 'an operator',
    principal: await platform.keys.signer.sign({ sub: 'an operator', kind: 'operator', tenantId, roles: ['operator'] }),
    idempotencyKey: 'k',
  };
  const { onboardTenant } = tenantContract.workflows;
  const once = await platform.operations.start(onboardTenant, request);
  expect(await platform.operations.start(onboardTenant, request)).toEqual({ ...once, repeated: true });
  await expect(
    platform.operations.start(onboardTenant, { ...request, input: { ...input, name: 'Other' } }),
  ).rejects.toMatchObject({ code: 'IdempotencyKeyReused' });
  await platform.operations.ended(operationId, BOUND);
  await platform.operations.ended(once.operationId, BOUND);
}, 90_000);

test('a worker outlives an outage of the database of the keys, and goes on when it is back', async () => {
  await using door = await openDoor(new URL(platform.database.keysUrl));
  await platform.stopWorker('tenant');
  const worker = await platform.startAnother('tenant', { ADX_KEYS_DATABASE_URL: door.url });
  try {
    door.shut();
    const { operationId } = await startOnboarding(platform);
    await sleep(2_500);
    expect(door.refused()).toBeGreaterThan(0);
    expect(await platform.operations.get(operationId)).toMatchObject({ status: 'running', steps: [] });
    door.open();
    expect(await platform.operations.ended(operationId, BOUND)).toBe(true);
    expect(await platform.operations.get(operationId)).toMatchObject({ status: 'completed' });
  } finally {
    await worker.drain();
    await platform.startWorker('tenant');
  }
}, 90_000);

test('the histories of a tenant whose keys were destroyed are unreadable', async () => {
  const { operationId, tenantId } = await startOnboarding(platform);
  expect(await platform.operations.ended(operationId, BOUND)).toBe(true);
  const handle = platform.client.workflow.getHandle(operationId);
  await expect(handle.result()).resolves.toBeDefined();
  expect(await platform.encryption.keys.destroy(tenantId)).toBe(1);
  await expect(handle.result()).rejects.toMatchObject({ fault: 'KeyDestroyed' });
}, 90_000);

test.each(['ADX_KEYS_DATABASE_URL', 'ADX_ROOT_KEY_FILE'])('a worker does not start without %s', async (name) => {
  const env = { ...platform.workerEnvironment('tenant'), [name]: '' };
  await expect(startWorker(tenantService, { env })).rejects.toThrow(ConfigError);
  await expect(startWorker(tenantService, { env })).rejects.toThrow(name);
});
