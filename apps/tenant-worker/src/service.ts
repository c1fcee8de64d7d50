import { tenantContract } from '@adx/tenant-contract';
import { EncryptionConfig, connectEncryption } from '@adx/payload-codec';
import { AuditVariables, auditSettings, connectAuditSealer } from '@adx/persistence';
import { defineService } from '@adx/worker-runtime';
import { activities } from './activities/index.ts';
import { connectTenantDatabase } from './adapters/database.ts';
import { reads } from './reads/index.ts';

/** The composition root: configuration becomes adapters, adapters become activities. */
export const tenantService = defineService({
  contract: tenantContract,
  config: { ...AuditVariables, ...EncryptionConfig.shape },
  workflows: new URL('../dist/workflows.js', import.meta.url),
  connect: async ({ config, logger, verifier, faults }) => {
    const audit = await connectAuditSealer({ schema: 'tenant', ...auditSettings(config) });
    const encryption = await connectEncryption(config);
    const database = connectTenantDatabase({ url: config.DATABASE_URL, ...(faults ? { faults } : {}) });
    const { ledger } = database;
    const limiter = database.limiter(config.ADX_RATE_LIMITS);
    return {
      activities: activities.bind({ logger, verifier, ledger, limiter }),
      reads: reads.bind({ verifier, ledger }),
      dataConverter: encryption.dataConverter,
      probes: { database: () => database.ready(), keys: () => encryption.keys.ready() },
      background: [audit],
      close: async () => {
        await audit.close();
        await database.close();
        await encryption.close();
      },
    };
  },
});
