import { OffboardingGrace, tenantContract } from '@adx/tenant-contract';
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
  jsonVariable,
  maintenanceSchedules,
} from '@adx/worker-runtime';
import { activities } from './activities/index.ts';
import { connectTenantDatabase } from './adapters/database.ts';
import { endProcessesOf } from './adapters/processes.ts';
import { DEFAULT_SEATS, SeatsByPlan } from './domain/seats.ts';
import { events } from './events/index.ts';
import { reads } from './reads/index.ts';

/** The composition root: configuration becomes adapters, adapters become activities. */
export const tenantService = defineService({
  contract: tenantContract,
  config: {
    ...AuditVariables,
    ...OutboxVariables,
    ...MaintenanceVariables,
    ...EncryptionConfig.shape,
    /** JSON: `{ "free": 5, "team": 50, "enterprise": 1000 }` */
    ADX_SEATS: jsonVariable(SeatsByPlan).default(DEFAULT_SEATS),
    /** How long an offboarding may be withdrawn: `30d`, or a few seconds (`5s`) in a demo. */
    ADX_OFFBOARDING_GRACE: OffboardingGrace.default('30d'),
  },
  workflows: new URL('../dist/workflows.js', import.meta.url),
  connect: async ({ config, logger, verifier, faults }) => {
    const audit = await connectAuditSealer({ schema: 'tenant', ...auditSettings(config) });
    const encryption = await connectEncryption(config);
    const database = connectTenantDatabase({ url: config.DATABASE_URL, ...(faults ? { faults } : {}) });
    const { ledger } = database;
    const outbox = connectOutbox({ url: config.OUTBOX_DATABASE_URL, schema: 'tenant' });
    const limiter = database.limiter(config.ADX_RATE_LIMITS);
    const reconciler = connectReconciler({ url: config.RECONCILER_DATABASE_URL });
    const maintenance = await createMaintenance({
      contract: tenantContract,
      store: reconciler,
      audit,
      keyFile: config.ADX_SERVICE_KEY_FILE,
      settings: config.ADX_MAINTENANCE,
    });
    const adapters = {
      maintenance,
      seats: config.ADX_SEATS,
      offboardingGrace: config.ADX_OFFBOARDING_GRACE,
      removeRows: createTenantRemoval(ledger),
      endProcessesOf,
      destroyKeysOf: (tenantId: string) => encryption.keys.destroy(tenantId),
    };
    return {
      activities: {
        ...activities.bind({ logger, verifier, ledger, limiter, adapters }),
        ...events.bind({ logger, verifier, inbox: database.inbox }),
      },
      reads: reads.bind({ verifier, ledger }),
      dataConverter: encryption.dataConverter,
      probes: { database: () => database.ready(), keys: () => encryption.keys.ready() },
      outbox: { store: outbox, keyFile: config.ADX_SERVICE_KEY_FILE },
      schedules: maintenanceSchedules(tenantContract, config.ADX_MAINTENANCE),
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
