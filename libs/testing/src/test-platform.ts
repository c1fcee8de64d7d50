import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { startInbox, startTemporal } from '@adx/local-parts';
import type { Inbox } from '@adx/local-parts';
import { createOperations } from '@adx/operations';
import type { Operations } from '@adx/operations';
import { EncryptionConfig, connectEncryption } from '@adx/payload-codec';
import type { Encryption } from '@adx/payload-codec';
import { SERVICES } from '@adx/services';
import type { ServiceName } from '@adx/services';
import { createLogger } from '@adx/telemetry';
import { startWorker } from '@adx/worker-runtime';
import type { RunningWorker } from '@adx/worker-runtime';
import { Client, Connection } from '@temporalio/client';
import { createFaultPlan } from './fault-plan.ts';
import type { FaultPlan } from './fault-plan.ts';
import { installQuietRuntime } from './quiet-runtime.ts';
import { SERVICES_BY_NAME, serviceEnvironment } from './services.ts';
import { createTestDatabase } from './test-database.ts';
import type { TestDatabase } from './test-database.ts';
import { createTestKeys } from './test-keys.ts';
import type { TestKeys } from './test-keys.ts';

/** All services with everything below them, for one test file. */
export interface TestPlatform {
  /** With the codec of the platform. */
  readonly client: Client;
  /** Sees what the server stores: encrypted payloads. */
  readonly rawClient: Client;
  readonly encryption: Encryption;
  readonly operations: Operations;
  readonly database: TestDatabase;
  readonly inbox: Inbox;
  readonly keys: TestKeys;
  readonly temporalAddress: string;
  /** Faults of the workers in this process. */
  readonly faults: FaultPlan;
  /** Entries that the workers in this process logged. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** The environment of a worker, for one that is started as a process of its own. */
  workerEnvironment(service: ServiceName): Record<string, string>;
  /** The internal port of a worker in this process. @throws Error when it does not run */
  adminUrl(service: ServiceName): string;
  /** A client on the connection of a worker in this process. @throws Error when it does not run */
  workerClient(service: ServiceName): Client;
  startWorker(service: ServiceName): Promise<void>;
  /** One more worker of a service, with variables of its own; whoever asked for it drains it. */
  startAnother(service: ServiceName, env: Readonly<Record<string, string>>): Promise<RunningWorker>;
  stopWorker(service: ServiceName): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a Temporal server of its own (queues are named by contracts, so two platforms cannot share one), a fresh
 * database, an inbox and every worker.
 */
export async function startTestPlatform(
  options: {
    /** Variables of every worker, besides those that the platform sets. */
    readonly env?: Readonly<Record<string, string>>;
    /** Workers export metrics at their admin ports: all those of this process, as it has one runtime. */
    readonly metrics?: boolean;
  } = {},
): Promise<TestPlatform> {
  const metricsUrl = await installQuietRuntime({ metrics: options.metrics ?? false });
  await using started = new AsyncDisposableStack();
  const temporal = await startTemporal({ binary: process.env['ADX_TEST_TEMPORAL_CLI']!, preciseTimers: true });
  started.defer(() => temporal.stop());
  const database = await createTestDatabase();
  started.defer(() => database.drop());
  const keys = await createTestKeys();
  started.defer(() => keys.remove());
  const inbox = await startInbox();
  started.defer(() => inbox.stop());
  const connection = await Connection.connect({ address: temporal.address });
  started.defer(() => connection.close());
  const encryption = await connectEncryption(
    EncryptionConfig.parse(serviceEnvironment('tenant', { database, keys, inbox })),
  );
  started.defer(() => encryption.close());
  const client = new Client({ connection, dataConverter: encryption.dataConverter });

  const log: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n').filter(Boolean)) {
        log.push(JSON.parse(line) as Record<string, unknown>);
      }
      done();
    },
  });
  const faults = createFaultPlan();
  const workers = new Map<ServiceName, RunningWorker>();
  const workerEnvironment = (service: ServiceName) => ({
    ...serviceEnvironment(service, { database, keys, inbox }),
    ...options.env,
    TEMPORAL_ADDRESS: temporal.address,
  });
  const startAnother = (name: ServiceName, more: Readonly<Record<string, string>> = {}) => {
    const logger = createLogger({ service: name, level: 'info', destination });
    const metrics = metricsUrl === undefined ? {} : { metricsUrl };
    const env = { ...workerEnvironment(name), ...more };
    return startWorker(SERVICES_BY_NAME[name], { env, logger, faults, ...metrics });
  };
  const startOne = async (name: ServiceName) => void workers.set(name, await startAnother(name));
  const running = (name: ServiceName): RunningWorker => {
    const worker = workers.get(name);
    if (!worker) throw new Error(`the ${name}-worker does not run in this process`);
    return worker;
  };
  const stopOne = async (name: ServiceName) => {
    await workers.get(name)?.drain();
    workers.delete(name);
  };
  started.defer(async () => {
    // Attempts that hang must end, or draining waits for them.
    faults.set();
    await Promise.all([...workers.keys()].map(stopOne));
  });
  await Promise.all(SERVICES.map(startOne));

  const parts = started.move();
  return {
    client,
    rawClient: new Client({ connection }),
    encryption,
    operations: createOperations({ client }),
    database,
    inbox,
    keys,
    temporalAddress: temporal.address,
    faults,
    log,
    workerEnvironment,
    adminUrl: (service) => running(service).adminUrl,
    workerClient: (service) => running(service).client,
    startWorker: startOne,
    startAnother,
    stopWorker: stopOne,
    stop: () => parts.disposeAsync(),
  };
}

/** An id or a key that no other test has. */
export function unique(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}
