import { tenantContract } from '@adx/tenant-contract';
import { EncryptionConfig, connectEncryption } from '@adx/payload-codec';
import { defineService } from '@adx/worker-runtime';
import { activities } from './activities/index.ts';
import { connectTenantDatabase } from './adapters/database.ts';
import { reads } from './reads/index.ts';

/** The composition root: configuration becomes adapters, adapters become activities. */
export const tenantService = defineService({
  contract: tenantContract,
  config: EncryptionConfig.shape,
  workflows: new URL('../dist/workflows.js', import.meta.url),
  connect: async ({ config, logger, verifier, faults }) => {
    const encryption = await connectEncryption(config);
    const database = connectTenantDatabase({ url: config.DATABASE_URL, ...(faults ? { faults } : {}) });
    const { ledger } = database;
    return {
      activities: activities.bind({ logger, verifier, ledger }),
      reads: reads.bind({ verifier, ledger }),
      dataConverter: encryption.dataConverter,
      probes: { database: () => database.ready(), keys: () => encryption.keys.ready() },
      close: async () => {
        await database.close();
        await encryption.close();
      },
    };
  },
});
