import type { FaultInjector } from '@adx/contract-kit';
import { startInbox } from '@adx/local-parts';
import type { Inbox } from '@adx/local-parts';
import { SERVICES } from '@adx/services';
import type { ServiceName } from '@adx/services';
import { createLogger } from '@adx/telemetry';
import { WorkerConfig, readConfig } from '@adx/worker-runtime';
import type { ConnectedService } from '@adx/worker-runtime';
import { z } from 'zod';
import { SERVICES_BY_NAME, serviceEnvironment } from './services.ts';
import { createTestDatabase } from './test-database.ts';
import type { TestDatabase } from './test-database.ts';
import { createTestKeys } from './test-keys.ts';
import type { TestKeys } from './test-keys.ts';

/**
 * All services with their connections open, and nothing that acts by itself: no worker, no relay, no sealer. For
 * tests that call activities one at a time.
 */
export interface ConnectedServices {
  readonly services: Readonly<Record<ServiceName, ConnectedService>>;
  readonly database: TestDatabase;
  readonly inbox: Inbox;
  readonly keys: TestKeys;
  stop(): Promise<void>;
}

/**
 * @param options.postgresPort where the app roles find Postgres, when there is a proxy before it
 * @param options.env variables of every service, besides those that this sets
 */
export async function connectTestServices(
  options: {
    readonly postgresPort?: number;
    readonly env?: Readonly<Record<string, string>>;
    readonly faults?: FaultInjector;
  } = {},
): Promise<ConnectedServices> {
  await using started = new AsyncDisposableStack();
  const database = await createTestDatabase();
  started.defer(() => database.drop());
  const keys = await createTestKeys();
  started.defer(() => keys.remove());
  const inbox = await startInbox();
  started.defer(() => inbox.stop());
  const logger = createLogger({ service: 'test', level: 'silent' });
  const through = (url: string) => {
    if (options.postgresPort === undefined) return url;
    const other = new URL(url);
    other.port = String(options.postgresPort);
    return other.href;
  };
  const connect = async (name: ServiceName) => {
    const service = SERVICES_BY_NAME[name];
    const connected = await service.connect({
      config: readConfig(z.object({ ...WorkerConfig.shape, ...service.config }), {
        ...serviceEnvironment(name, { database, keys, inbox }),
        ...options.env,
        DATABASE_URL: through(database.url(name)),
      }),
      logger,
      verifier: keys.verifier,
      meter: { record: () => undefined },
      secretVariables: {},
      ...(options.faults ? { faults: options.faults } : {}),
    });
    started.defer(() => connected.close());
    return [name, connected] as const;
  };
  const services = Object.fromEntries(await Promise.all(SERVICES.map(connect))) as Record<
    ServiceName,
    ConnectedService
  >;
  const parts = started.move();
  return { services, database, inbox, keys, stop: () => parts.disposeAsync() };
}
