import { userContract } from '@adx/user-contract';
import { defineService } from '@adx/worker-runtime';
import { activities } from './activities/index.ts';
import { connectUserDatabase } from './adapters/database.ts';

/** The composition root: configuration becomes adapters, adapters become activities. */
export const userService = defineService({
  contract: userContract,
  config: {},
  connect: async ({ config, logger, verifier, faults }) => {
    const database = connectUserDatabase({ url: config.DATABASE_URL, ...(faults ? { faults } : {}) });
    return {
      activities: activities.bind({ logger, verifier, ledger: database.ledger }),
      reads: {},
      probes: { database: () => database.ready() },
      close: () => database.close(),
    };
  },
});
