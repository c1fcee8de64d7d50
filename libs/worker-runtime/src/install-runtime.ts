import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { HISTOGRAM_BUCKETS } from '@adx/activity-middleware';
import { Runtime } from '@temporalio/worker';
import type { RuntimeOptions } from '@temporalio/worker';

/** Between two moments somebody else may take a port that was free. */
const PORTS_TRIED = 5;

/**
 * Installs Temporal's runtime, which a process has one of, with an exporter for Prometheus on a port of loopback. What
 * Temporal's core counts and what our own meters record is all there.
 *
 * @returns where the exporter answers, for {@link startWorker} to pass on
 */
export async function installRuntime(options: RuntimeOptions): Promise<string> {
  for (let tried = 1; ; tried += 1) {
    const bindAddress = `127.0.0.1:${await freePort()}`;
    const prometheus = { bindAddress, histogramBucketOverrides: buckets() };
    const telemetryOptions = { ...options.telemetryOptions, metrics: { attachServiceName: false, prometheus } };
    try {
      Runtime.install({ ...options, telemetryOptions });
      return `http://${bindAddress}/metrics`;
    } catch (error) {
      // Nothing was installed; anything else than a port that is gone fails again, at once.
      if (tried === PORTS_TRIED || !(error as Error).message.includes('Address already in use')) throw error;
    }
  }
}

/** Temporal takes the port itself and does not say which one it got. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function buckets(): Record<string, number[]> {
  return Object.fromEntries(Object.entries(HISTOGRAM_BUCKETS).map(([name, bounds]) => [name, [...bounds]]));
}
