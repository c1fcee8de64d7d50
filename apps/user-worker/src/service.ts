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
    const limiter = database.limiter(config.ADX_RATE_LIMITS);
    return {
      activities: activities.bind({ logger, verifier, ledger: database.ledger, limiter }),
      reads: {},
      probes: { database: () => database.ready() },
      close: () => database.close(),
    };
  },
});
