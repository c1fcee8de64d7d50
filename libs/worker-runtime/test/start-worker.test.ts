import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineContract } from '@adx/contract-kit';
import { createLogger } from '@adx/telemetry';
import { ConfigError, defineService, startWorker } from '@adx/worker-runtime';
import type { ConnectedService, RunningWorker, Service } from '@adx/worker-runtime';
import { Connection } from '@temporalio/client';
import { exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';

let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adx-worker-'));
  const { publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const jwksFile = join(folder, 'jwks.json');
  await writeFile(jwksFile, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg: 'EdDSA' }] }));
  env = {
    TEMPORAL_ADDRESS: process.env['ADX_TEST_TEMPORAL_ADDRESS']!,
    DATABASE_URL: 'postgres://app:sesame@127.0.0.1:5432/adx',
    ADX_PRINCIPAL_JWKS_FILE: jwksFile,
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A service that notes what is done with its connections. */
function createService(parts: Partial<ConnectedService> = {}, more: Partial<Pick<Service, 'workflows'>> = {}) {
  const events: string[] = [];
  const service = defineService({
    contract: defineContract({ service: 'shop', taskQueue: `shop-${randomUUID()}`, activities: {} }),
    config: { SHOP_NAME: z.string().default('the shop') },
    ...more,
    connect: async ({ config }) => {
      events.push(`connected as ${config.SHOP_NAME}`);
      return {
        activities: { greet: async () => 'hello' },
        reads: {},
        dataConverter: {},
        probes: {},
        close: async () => void events.push('closed'),
        ...parts,
      };
    },
  });
  return { service, events };
}

const log: Record<string, unknown>[] = [];
const write = (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>);
const logger = createLogger({ service: 'shop', level: 'info', destination: { write } });

describe('a worker', () => {
  test('says when it is ready and where, answers, and closes its connections when it is drained', async () => {
    const { service, events } = createService();
    const worker = await startWorker(service, { env: { ...env, SHOP_NAME: 'acme' }, logger });
    expect(events).toEqual(['connected as acme']);
    expect(log).toContainEqual(expect.objectContaining({ msg: 'ready', port: Number(new URL(worker.adminUrl).port) }));
    const ready = await fetch(`${worker.adminUrl}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', parts: { worker: 'ok', temporal: 'ok' } },
    ]);

    await worker.drain();
    await worker.ended;
    expect(events).toEqual(['connected as acme', 'closed']);
    await expect(fetch(`${worker.adminUrl}/livez`)).rejects.toThrow();
  });

  test('may be drained twice', async () => {
    const { service, events } = createService();
    const worker = await startWorker(service, { env, logger });
    await Promise.all([worker.drain(), worker.drain()]);
    await worker.drain();
    expect(events.filter((event) => event === 'closed')).toHaveLength(1);
  });

  test('is seen by the server as polling its queue', async () => {
    const { service } = createService();
    const worker = await startWorker(service, { env, logger });
    const connection = await Connection.connect({ address: env['TEMPORAL_ADDRESS']! });
    try {
      const ask = () =>
        connection.workflowService.describeTaskQueue({
          namespace: 'default',
          taskQueue: { name: service.contract.taskQueue },
          taskQueueType: 2,
        });
      const end = Date.now() + 15_000;
      let pollers = 0;
      while (pollers === 0 && Date.now() < end) {
        pollers = (await ask()).pollers?.length ?? 0;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      expect(pollers).toBeGreaterThan(0);
    } finally {
      await connection.close();
      await worker.drain();
    }
  });
});

describe('a worker does not start', () => {
  test('without its configuration, and connects nothing', async () => {
    const { service, events } = createService();
    const start = startWorker(service, { env: { SHOP_NAME: 'acme', ADX_ADMIN_PORT: '99999' }, logger });
    await expect(start).rejects.toThrow(ConfigError);
    await expect(start).rejects.toThrow(/DATABASE_URL: [^]*ADX_PRINCIPAL_JWKS_FILE: [^]*ADX_ADMIN_PORT: /);
    expect(events).toEqual([]);
  });

  test('without its workflow bundle, and says how to build it', async () => {
    const bundle = join(folder, 'dist', 'workflows.js');
    const { service, events } = createService({}, { workflows: pathToFileURL(bundle) });
    await expect(startWorker(service, { env, logger })).rejects.toThrow(
      new ConfigError(
        `the workflow bundle of "shop" is missing (${bundle}); build it with "npx nx run-many -t bundle-workflows"`,
      ),
    );
    expect(events).toEqual([]);
  });

  test.each([
    ['does not exist', undefined],
    ['is no JSON', 'keys'],
  ])('when the file of its keys %s', async (what, text) => {
    const file = join(folder, `${what.replaceAll(' ', '-')}.json`);
    if (text !== undefined) await writeFile(file, text);
    const start = startWorker(createService().service, { env: { ...env, ADX_PRINCIPAL_JWKS_FILE: file }, logger });
    await expect(start).rejects.toThrow(ConfigError);
    await expect(start).rejects.toThrow(`ADX_PRINCIPAL_JWKS_FILE: cannot read ${file} as a JSON Web Key Set`);
  });

  describe('when its admin port is taken', () => {
    let running: RunningWorker;
    const { service, events } = createService();
    let refusal: unknown;
    beforeAll(async () => {
      running = await startWorker(createService().service, { env, logger });
      const { port } = new URL(running.adminUrl);
      refusal = await startWorker(service, { env: { ...env, ADX_ADMIN_PORT: port }, logger }).catch(
        (error) => error as Error,
      );
    });
    afterAll(() => running.drain());

    test('and closes what it had opened', () => expect(events).toEqual(['connected as the shop', 'closed']));

    // The worker that was made but never ran holds the connection, whose closing then fails and hides the reason.
    test('and says so', () => expect(String(refusal)).toContain('EADDRINUSE'));
  });
});
