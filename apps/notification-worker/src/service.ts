import { notificationContract } from '@adx/notification-contract';
import { EncryptionConfig, connectEncryption } from '@adx/payload-codec';
import { AuditVariables, auditSettings, connectAuditSealer } from '@adx/persistence';
import { defineService } from '@adx/worker-runtime';
import { z } from 'zod';
import { activities } from './activities/index.ts';
import { connectNotificationDatabase } from './adapters/database.ts';
import { createSmtpMailer } from './adapters/smtp-mailer.adapter.ts';
import { reads } from './reads/index.ts';

/** The composition root: configuration becomes adapters, adapters become activities. */
export const notificationService = defineService({
  contract: notificationContract,
  workflows: new URL('../dist/workflows.js', import.meta.url),
  config: {
    ...AuditVariables,
    ...EncryptionConfig.shape,
    SMTP_URL: z.url({ protocol: /^smtps?$/ }),
    ADX_MAIL_FROM: z.string().default('welcome@adx.example'),
    /** Comma separated; mail to them is refused before it is tried. */
    ADX_SUPPRESSED_DOMAINS: z
      .string()
      .default('suppressed.example')
      .transform((list) =>
        list
          .split(',')
          .map((domain) => domain.trim().toLowerCase())
          .filter(Boolean),
      ),
  },
  connect: async ({ config, logger, verifier, faults }) => {
    const audit = await connectAuditSealer({ schema: 'notification', ...auditSettings(config) });
    const encryption = await connectEncryption(config);
    const database = connectNotificationDatabase({ url: config.DATABASE_URL, ...(faults ? { faults } : {}) });
    const mailer = createSmtpMailer({ url: config.SMTP_URL, from: config.ADX_MAIL_FROM });
    const adapters = { mailer, suppressedDomains: config.ADX_SUPPRESSED_DOMAINS };
    const { ledger } = database;
    const limiter = database.limiter(config.ADX_RATE_LIMITS);
    return {
      activities: activities.bind({ logger, verifier, adapters, ledger, limiter }),
      reads: reads.bind({ verifier, ledger }),
      dataConverter: encryption.dataConverter,
      probes: { database: () => database.ready(), keys: () => encryption.keys.ready() },
      background: [audit],
      close: async () => {
        mailer.close();
        await audit.close();
        await database.close();
        await encryption.close();
      },
    };
  },
});
