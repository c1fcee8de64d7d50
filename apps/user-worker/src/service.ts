import { userContract } from '@adx/user-contract';
import { EncryptionConfig, connectEncryption } from '@adx/payload-codec';
import { defineService } from '@adx/worker-runtime';
import { activities } from './activities/index.ts';
import { connectUserDatabase } from './adapters/database.ts';

/** The composition root: configuration becomes adapters, adapters become activities. */
export const userService = defineService({
  contract: userContract,
  config: EncryptionConfig.shape,
  connect: async ({ config, logger, verifier, faults }) => {
    const encryption = await connectEncryption(config);
    const database = connectUserDatabase({ url: config.DATABASE_URL, ...(faults ? { faults } : {}) });
    return {
      activities: activities.bind({ logger, verifier, ledger: database.ledger }),
      reads: {},
      dataConverter: encryption.dataConverter,
      probes: { database: () => database.ready(), keys: () => encryption.keys.ready() },
      close: async () => {
        await database.close();
        await encryption.close();
      },
    };
  },
});
