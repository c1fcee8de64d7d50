import { userContract } from '@adx/user-contract';
import { EncryptionConfig, connectEncryption } from '@adx/payload-codec';
import { AuditVariables, auditSettings, connectAuditSealer, connectOutbox } from '@adx/persistence';
import { OutboxVariables, defineService } from '@adx/worker-runtime';
import { activities } from './activities/index.ts';
import { connectUserDatabase } from './adapters/database.ts';
import { events } from './events/index.ts';
import { reads } from './reads/index.ts';
import { uploads } from './uploads/index.ts';

/** The composition root: configuration becomes adapters, adapters become activities. */
export const userService = defineService({
  contract: userContract,
  config: { ...AuditVariables, ...OutboxVariables, ...EncryptionConfig.shape },
  workflows: new URL('../dist/workflows.js', import.meta.url),
  connect: async ({ config, logger, verifier, faults }) => {
    const audit = await connectAuditSealer({ schema: 'user', ...auditSettings(config) });
    const encryption = await connectEncryption(config);
    const database = connectUserDatabase({ url: config.DATABASE_URL, ...(faults ? { faults } : {}) });
    const { ledger } = database;
    const outbox = connectOutbox({ url: config.OUTBOX_DATABASE_URL, schema: 'user' });
    const limiter = database.limiter(config.ADX_RATE_LIMITS);
    return {
      activities: {
        ...activities.bind({ logger, verifier, ledger, limiter }),
        ...events.bind({ logger, verifier, inbox: database.inbox }),
      },
      reads: reads.bind({ verifier, ledger }),
      uploads: uploads.bind({ verifier, ledger }),
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
