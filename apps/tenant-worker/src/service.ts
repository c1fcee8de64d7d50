import { tenantContract } from '@adx/tenant-contract';
import { EncryptionConfig, connectEncryption } from '@adx/payload-codec';
import { AuditVariables, auditSettings, connectAuditSealer, connectOutbox } from '@adx/persistence';
import { OutboxVariables, defineService, jsonVariable } from '@adx/worker-runtime';
import { activities } from './activities/index.ts';
import { connectTenantDatabase } from './adapters/database.ts';
import { DEFAULT_SEATS, SeatsByPlan } from './domain/seats.ts';
import { events } from './events/index.ts';
import { reads } from './reads/index.ts';

/** The composition root: configuration becomes adapters, adapters become activities. */
export const tenantService = defineService({
  contract: tenantContract,
  config: {
    ...AuditVariables,
    ...OutboxVariables,
    ...EncryptionConfig.shape,
    /** JSON: `{ "free": 5, "team": 50, "enterprise": 1000 }` */
    ADX_SEATS: jsonVariable(SeatsByPlan).default(DEFAULT_SEATS),
  },
  workflows: new URL('../dist/workflows.js', import.meta.url),
  connect: async ({ config, logger, verifier, faults }) => {
    const audit = await connectAuditSealer({ schema: 'tenant', ...auditSettings(config) });
    const encryption = await connectEncryption(config);
    const database = connectTenantDatabase({ url: config.DATABASE_URL, ...(faults ? { faults } : {}) });
    const { ledger } = database;
    const outbox = connectOutbox({ url: config.OUTBOX_DATABASE_URL, schema: 'tenant' });
    const limiter = database.limiter(config.ADX_RATE_LIMITS);
    return {
      activities: {
        ...activities.bind({ logger, verifier, ledger, limiter, adapters: { seats: config.ADX_SEATS } }),
        ...events.bind({ logger, verifier, inbox: database.inbox }),
      },
      reads: reads.bind({ verifier, ledger }),
      dataConverter: encryption.dataConverter,
      probes: { database: () => database.ready(), keys: () => encryption.keys.ready() },
      outbox: { store: outbox, keyFile: config.ADX_SERVICE_KEY_FILE },
      background: [audit],
      close: async () => {
        await outbox.close();
        await audit.close();
        await database.close();
        await encryption.close();
      },
    };
  },
});
