import { readFile } from 'node:fs/promises';
import {
  createBreaker,
  createBulkhead,
  createExternalCaller,
  createHostRegistry,
  createSecretReader,
} from '@adx/external-calls';
import { userContract } from '@adx/user-contract';
import { EncryptionConfig, connectEncryption } from '@adx/payload-codec';
import {
  AuditVariables,
  auditSettings,
  connectAuditSealer,
  connectOutbox,
  connectReconciler,
  createTenantRemoval,
} from '@adx/persistence';
import {
  MaintenanceVariables,
  OutboxVariables,
  createMaintenance,
  defineService,
  maintenanceSchedules,
} from '@adx/worker-runtime';
import { z } from 'zod';
import { activities } from './activities/index.ts';
import { connectUserDatabase } from './adapters/database.ts';
import { userOrder } from './adapters/order.ts';
import { events } from './events/index.ts';
import { reads } from './reads/index.ts';
import { uploads } from './uploads/index.ts';

/** The composition root: configuration becomes adapters, adapters become activities. */
export const userService = defineService({
  contract: userContract,
  config: {
    ...AuditVariables,
    ...OutboxVariables,
    ...MaintenanceVariables,
    ...EncryptionConfig.shape,
    /** A folder with `<tenant id>/<name>` for each secret of a directory; without it they are variables `ADX_SECRET_*`. */
    ADX_DIRECTORY_SECRET_FOLDER: z.string().optional(),
    /** Comma separated names of this machine that directories may be on: for tests and dev stacks only. */
    ADX_DIRECTORY_LOCAL_HOSTS: z
      .string()
      .default('')
      .transform((list) => list.split(',').filter(Boolean)),
    /** A private certificate authority (PEM), trusted besides the system's. */
    ADX_EXTERNAL_CA_FILE: z.string().optional(),
  },
  workflows: new URL('../dist/workflows.js', import.meta.url),
  connect: async ({ config, logger, verifier, faults, secretVariables }) => {
    const audit = await connectAuditSealer({ schema: 'user', ...auditSettings(config) });
    const encryption = await connectEncryption(config);
    const database = connectUserDatabase({ url: config.DATABASE_URL, ...(faults ? { faults } : {}) });
    const directories = {
      localHosts: config.ADX_DIRECTORY_LOCAL_HOSTS,
      ...(config.ADX_DIRECTORY_SECRET_FOLDER ? { secretFolder: config.ADX_DIRECTORY_SECRET_FOLDER } : {}),
    };
    const calls = {
      caller: createExternalCaller({
        // Directories are the hosts of a tenant's rows; there is no other system so far.
        hosts: createHostRegistry([]),
        allowLocal: directories.localHosts.length > 0,
        secrets: createSecretReader({ env: secretVariables }),
        logger,
        ...(config.ADX_EXTERNAL_CA_FILE ? { ca: await readFile(config.ADX_EXTERNAL_CA_FILE, 'utf8') } : {}),
      }),
      breaker: createBreaker({ store: database.breakers, logger }),
      bulkhead: createBulkhead(),
    };
    const { ledger } = database;
    const outbox = connectOutbox({ url: config.OUTBOX_DATABASE_URL, schema: 'user' });
    const adapters = { directories, removeRows: createTenantRemoval(ledger) };
    const limiter = database.limiter(config.ADX_RATE_LIMITS);
    const reconciler = connectReconciler({ url: config.RECONCILER_DATABASE_URL, ...userOrder });
    const maintenance = await createMaintenance({
      contract: userContract,
      store: reconciler,
      audit,
      keyFile: config.ADX_SERVICE_KEY_FILE,
      settings: config.ADX_MAINTENANCE,
    });
    return {
      activities: {
        ...activities.bind({ logger, verifier, ledger, limiter, adapters: { ...adapters, maintenance }, ...calls }),
        ...events.bind({ logger, verifier, inbox: database.inbox }),
      },
      reads: reads.bind({ verifier, ledger }),
      uploads: uploads.bind({ verifier, ledger }),
      dataConverter: encryption.dataConverter,
      probes: { database: () => database.ready(), keys: () => encryption.keys.ready() },
      outbox: { store: outbox, keyFile: config.ADX_SERVICE_KEY_FILE },
      schedules: maintenanceSchedules(userContract, config.ADX_MAINTENANCE),
      background: [audit],
      close: async () => {
        await outbox.close();
        await reconciler.close();
        await audit.close();
        await database.close();
        await encryption.close();
      },
    };
  },
});
