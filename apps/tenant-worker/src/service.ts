import { tenantContract } from '@adx/tenant-contract';
import { defineService } from '@adx/worker-runtime';
import { activities } from './activities/index.ts';
import { connectTenantDatabase } from './adapters/database.ts';
import { reads } from './reads/index.ts';

/** The composition root: configuration becomes adapters, adapters become activities. */
export const tenantService = defineService({
  contract: tenantContract,
  config: {},
  workflows: new URL('../dist/workflows.js', import.meta.url),
  connect: async ({ config, logger, verifier, faults }) => {
    const database = connectTenantDatabase({ url: config.DATABASE_URL, ...(faults ? { faults } : {}) });
    const { ledger } = database;
    const limiter = database.limiter(config.ADX_RATE_LIMITS);
    return {
      activities: activities.bind({ logger, verifier, ledger, limiter }),
      reads: reads.bind({ verifier, ledger }),
      probes: { database: () => database.ready() },
      close: () => database.close(),
    };
  },
});
