import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@adx/local-parts';
import { defineContract } from '@adx/contract-kit';
import { createLogger } from '@adx/telemetry';
import { defineService, installRuntime, startWorker } from '@adx/worker-runtime';
import { DefaultLogger } from '@temporalio/worker';

test('what a background task records, outside of any activity, is exported at the admin port', async () => {
  const metricsUrl = await installRuntime({ logger: new DefaultLogger('ERROR') });
  const folder = await mkdtemp(join(tmpdir(), 'adx-metrics-'));
  const jwksFile = join(folder, 'jwks.json');
  await writeFile(jwksFile, '{ "keys": [] }');
  const service = defineService({
    contract: defineContract({ service: 'shop', taskQueue: `shop-${randomUUID()}`, activities: {} }),
    config: {},
    connect: async ({ meter }) => ({
      activities: { greet: async () => 'hello' },
      reads: {},
      dataConverter: {},
      probes: {},
      background: [{ name: 'relay', run: async () => meter.record('outbox_lag_ms', 7, { service: 'shop' }) }],
      close: async () => undefined,
    }),
  });
  const worker = await startWorker(service, {
    env: {
      TEMPORAL_ADDRESS: process.env['ADX_TEST_TEMPORAL_ADDRESS']!,
      DATABASE_URL: 'postgres://app:sesame@127.0.0.1:5432/adx',
      ADX_PRINCIPAL_JWKS_FILE: jwksFile,
    },
    logger: createLogger({ service: 'shop', level: 'silent' }),
    metricsUrl,
  });
  try {
    const seen = await waitUntil(
      async () => {
        const text = await (await fetch(`${worker.adminUrl}/metrics`)).text();
        return text.includes('outbox_lag_ms') ? text : undefined;
      },
      { within: 20_000 },
    );
    expect(seen).toContain('outbox_lag_ms_count{service="shop"} 1');
    expect(seen).toContain('outbox_lag_ms_bucket{service="shop",le="10"} 1');
    expect(seen).toContain('outbox_lag_ms_bucket{service="shop",le="5"} 0');
  } finally {
    await worker.drain();
    await rm(folder, { recursive: true, force: true });
  }
});
