import { userContract } from '@adx/user-contract';
import { EncryptionConfig, connectEncryption } from '@adx/payload-codec';
import { AuditVariables, auditSettings, connectAuditSealer } from '@adx/persistence';
import { defineService } from '@adx/worker-runtime';
import { activities } from './activities/index.ts';
import { connectUserDatabase } from './adapters/database.ts';
import { reads } from './reads/index.ts';

/** The composition root: configuration becomes adapters, adapters become activities. */
export const userService = defineService({
  contract: userContract,
  config: { ...AuditVariables, ...EncryptionConfig.shape },
  workflows: new URL('../dist/workflows.js', import.meta.url),
  connect: async ({ config, logger, verifier, faults }) => {
    const audit = await connectAuditSealer({ schema: 'user', ...auditSettings(config) });
    const encryption = await connectEncryption(config);
    const database = connectUserDatabase({ url: config.DATABASE_URL, ...(faults ? { faults } : {}) });
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
