import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { harmless } from '@adx/activity-middleware';
import type { FaultInjector } from '@adx/contract-kit';
import { createPrincipalVerifier } from '@adx/principal';
import { createLogger } from '@adx/telemetry';
import type { Logger } from '@adx/telemetry';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker } from '@temporalio/worker';
import { z } from 'zod';
import { createAdminServer } from './admin-server.ts';
import { createDelivery } from './outbox-delivery.ts';
import { createRelay } from './outbox-relay.ts';
import { readServiceKey } from './service-key.ts';
import { runInBackground } from './background.ts';
import { ConfigError, WorkerConfig, readConfig, withoutEmpty } from './config.ts';
import type { Environment } from './config.ts';
import { keepSchedules } from './schedules.ts';
import { runtimeMeter } from './runtime-meter.ts';
import type { Service } from './service.ts';
import { versioned } from './versioning.ts';

/** After SIGTERM attempts under way get this long to end. */
export const SHUTDOWN_GRACE = '25s';
/** After this the worker stops without them; the ledger makes their repetition safe. Who ends it waits longer. */
export const SHUTDOWN_FORCE = '40s';
/** How long the workflows of a killed worker wait before another one takes them; Temporal's default is 10 s. */
export const STICKY_TIMEOUT = '3s';

/** A worker that polls. */
export interface RunningWorker {
  readonly adminUrl: string;
  /** On the worker's own connection, so that what it starts on the worker's queue can begin eagerly. */
  readonly client: Client;
  /** Settles when the worker has ended, by {@link drain} or by a fault of its own. */
  readonly ended: Promise<void>;
  /** Not ready, no more polling, attempts under way may end, connections close last. */
  drain(): Promise<void>;
}

/**
 * Starts a service in this process: connections, worker, admin port.
 *
 * @param options.metricsUrl what `GET /metrics` passes on, from {@link installRuntime}; without one there are none
 * @throws ConfigError when the environment is not complete, or the workflow bundle was not built
 */
export async function startWorker<Config extends z.ZodRawShape>(
  service: Service<Config>,
  options: {
    readonly env: Environment;
    readonly logger?: Logger;
    readonly faults?: FaultInjector;
    readonly metricsUrl?: string;
  },
): Promise<RunningWorker> {
  const { contract } = service;
  const schema = z.object({ ...WorkerConfig.shape, ...service.config });
  const config = readConfig(schema, options.env) as unknown as WorkerConfig & z.output<z.ZodObject<Config>>;
  const logger = options.logger ?? createLogger({ service: contract.service, level: config.ADX_LOG_LEVEL });
  const bundle = bundlePath(service);
  const verifier = createPrincipalVerifier({ jwks: await readJwks(config.ADX_PRINCIPAL_JWKS_FILE) });

  // What is open is closed again when a later part does not come up; in the end in the same order, newest first.
  await using open = new AsyncDisposableStack();
  const parts = await service.connect({
    config,
    logger,
    verifier,
    meter: harmless(runtimeMeter),
    secretVariables: Object.fromEntries(Object.entries(options.env).filter(([name]) => name.startsWith('ADX_SECRET_'))),
    ...(options.faults ? { faults: options.faults } : {}),
  });
  open.defer(() => parts.close());
  const signer = parts.outbox && (await readServiceKey(parts.outbox.keyFile, contract.service));
  const env = withoutEmpty(options.env);
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
    overrideEnvVars: env,
    // A developer's own profile must not decide where a service connects.
    disableFile: env['TEMPORAL_CONFIG_FILE'] === undefined,
  });
  const connection = await NativeConnection.connect(connectionOptions);
  open.defer(() => connection.close());
  // Its port is taken before there is a worker: one that was made but never ran would hold the connection for ever.
  let state = (): string => 'STARTING';
  const probes = {
    ...parts.probes,
    worker: async () => {
      if (state() !== 'RUNNING') throw new Error(state());
    },
    temporal: async () => void (await connection.workflowService.getSystemInfo({})),
  };
  const { metricsUrl } = options;
  const admin = createAdminServer({
    service: contract.service,
    logger,
    reads: parts.reads,
    ...(parts.uploads ? { uploads: parts.uploads } : {}),
    uploadLimit: config.ADX_UPLOAD_LIMIT_BYTES,
    probes,
    ...(metricsUrl === undefined ? {} : { metricsUrl }),
  });
  open.defer(() => admin.close());
  await admin.listen({ host: config.ADX_ADMIN_HOST, port: config.ADX_ADMIN_PORT });
  const { port } = admin.server.address() as AddressInfo;
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: contract.taskQueue,
    activities: { ...parts.activities },
    dataConverter: parts.dataConverter,
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
    ...(bundle === undefined ? {} : { workflowBundle: { codePath: bundle } }),
    ...versioned(`${contract.service}-worker`, config.ADX_BUILD_ID),
  });
  state = () => worker.getState();

  const background = [...(parts.background ?? [])];
  const client = new Client({ connection, namespace, dataConverter: parts.dataConverter });
  if (signer && parts.outbox) {
    const deliver = createDelivery({ client, service: contract.service, signer });
    background.push(createRelay({ store: parts.outbox.store, deliver, meter: runtimeMeter }));
    const { schedules = [] } = parts;
    background.push(keepSchedules({ client, service: contract.service, signer, schedules }));
  }
  open.defer(runInBackground(background, logger));
  const running = open.move();
  const ended = worker.run().finally(() => running.disposeAsync());
  logger.info({ port, taskQueue: contract.taskQueue, namespace }, 'ready');
  return {
    adminUrl: `http://${config.ADX_ADMIN_HOST}:${port}`,
    client,
    ended,
    drain: () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      return ended;
    },
  };
}

function bundlePath<Config extends z.ZodRawShape>({ workflows, contract }: Service<Config>): string | undefined {
  if (!workflows) return undefined;
  const path = fileURLToPath(workflows);
  if (existsSync(path)) return path;
  throw new ConfigError(
    `the workflow bundle of "${contract.service}" is missing (${path}); build it with "npx nx run-many -t bundle-workflows"`,
  );
}

async function readJwks(file: string) {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Parameters<typeof createPrincipalVerifier>[0]['jwks'];
  } catch (error) {
    throw new ConfigError(
      `ADX_PRINCIPAL_JWKS_FILE: cannot read ${file} as a JSON Web Key Set (${(error as Error).message})`,
    );
  }
}
