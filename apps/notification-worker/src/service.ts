import { readFile } from 'node:fs/promises';
import {
  createBreaker,
  createBulkhead,
  createExternalCaller,
  createHostRegistry,
  createSecretReader,
} from '@adx/external-calls';
import type { SecretReference } from '@adx/external-calls';
import { notificationContract } from '@adx/notification-contract';
import { EncryptionConfig, connectEncryption } from '@adx/payload-codec';
import {
  AuditVariables,
  auditSettings,
  connectAuditSealer,
  connectOutbox,
  connectReconciler,
  createTenantRemoval,
} from '@adx/persistence';
import {
  AttentionVariables,
  DurationVariable,
  MaintenanceVariables,
  OutboxVariables,
  createMaintenance,
  defineService,
  maintenanceSchedules,
} from '@adx/worker-runtime';
import { z } from 'zod';
import { activities } from './activities/index.ts';
import { connectNotificationDatabase } from './adapters/database.ts';
import { createSmtpMailer } from './adapters/smtp-mailer.adapter.ts';
import { events } from './events/index.ts';
import { reads } from './reads/index.ts';

/** The composition root: configuration becomes adapters, adapters become activities. */
export const notificationService = defineService({
  contract: notificationContract,
  config: {
    ...AuditVariables,
    ...OutboxVariables,
    ...MaintenanceVariables,
    ...AttentionVariables,
    /** How often it is looked for what needs attention: a reminder may come so much later. `never` for nobody's reminders. */
    ADX_ATTENTION_WATCH: z.union([z.literal('never'), DurationVariable]).default('5m'),
    /** Where the operators get mail; without it they are reminded in their list of messages only. */
    ADX_OPERATOR_EMAIL: z.email().optional(),
    ...EncryptionConfig.shape,
    SMTP_URL: z.url({ protocol: /^smtps?$/ }),
    ADX_MAIL_FROM: z.string().default('welcome@adx.example'),
    /** Where the key is that tokens of invitations are made from: `file:/run/secrets/invitation`, `env:ADX_SECRET_...`. */
    ADX_INVITATION_KEY: z.custom<SecretReference>(
      (text) => /^(?:env|file):./.test(String(text)),
      'is no env: or file:',
    ),
    /** A folder with `<tenant id>/<name>` for each webhook secret; without it they are variables `ADX_SECRET_*`. */
    ADX_WEBHOOK_SECRET_FOLDER: z.string().optional(),
    /** Comma separated names of this machine that webhooks may go to: for tests and dev stacks only. */
    ADX_WEBHOOK_LOCAL_HOSTS: z
      .string()
      .default('')
      .transform((list) => list.split(',').filter(Boolean)),
    /** A private certificate authority (PEM), trusted besides the system's. */
    ADX_EXTERNAL_CA_FILE: z.string().optional(),
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
  workflows: new URL('../dist/workflows.js', import.meta.url),
  connect: async ({ config, logger, verifier, faults, secretVariables }) => {
    const audit = await connectAuditSealer({ schema: 'notification', ...auditSettings(config) });
    const encryption = await connectEncryption(config);
    const database = connectNotificationDatabase({ url: config.DATABASE_URL, ...(faults ? { faults } : {}) });
    const mailer = createSmtpMailer({ url: config.SMTP_URL, from: config.ADX_MAIL_FROM });
    const webhooks = {
      localHosts: config.ADX_WEBHOOK_LOCAL_HOSTS,
      ...(config.ADX_WEBHOOK_SECRET_FOLDER ? { secretFolder: config.ADX_WEBHOOK_SECRET_FOLDER } : {}),
    };
    const secrets = createSecretReader({ env: secretVariables });
    const { ledger } = database;
    const adapters = {
      mailer,
      reminders: config.ADX_ATTENTION_REMINDERS,
      ...(config.ADX_OPERATOR_EMAIL ? { operatorAddress: config.ADX_OPERATOR_EMAIL } : {}),
      suppressedDomains: config.ADX_SUPPRESSED_DOMAINS,
      webhooks,
      invitationKey: () => secrets(config.ADX_INVITATION_KEY),
      removeRows: createTenantRemoval(ledger),
    };
    const calls = {
      caller: createExternalCaller({
        // Webhooks go to the hosts of a tenant's rows; there is no other system so far.
        hosts: createHostRegistry([]),
        allowLocal: webhooks.localHosts.length > 0,
        secrets,
        logger,
        ...(config.ADX_EXTERNAL_CA_FILE ? { ca: await readFile(config.ADX_EXTERNAL_CA_FILE, 'utf8') } : {}),
      }),
      breaker: createBreaker({ store: database.breakers, logger }),
      bulkhead: createBulkhead(),
    };
    const outbox = connectOutbox({ url: config.OUTBOX_DATABASE_URL, schema: 'notification' });
    const limiter = database.limiter(config.ADX_RATE_LIMITS);
    const reconciler = connectReconciler({ url: config.RECONCILER_DATABASE_URL });
    const maintenance = await createMaintenance({
      contract: notificationContract,
      store: reconciler,
      audit,
      keyFile: config.ADX_SERVICE_KEY_FILE,
      settings: config.ADX_MAINTENANCE,
    });
    return {
      activities: {
        ...activities.bind({ logger, verifier, adapters: { ...adapters, maintenance }, ledger, limiter, ...calls }),
        ...events.bind({ logger, verifier, inbox: database.inbox }),
      },
      reads: reads.bind({ verifier, ledger }),
      dataConverter: encryption.dataConverter,
      probes: { database: () => database.ready(), keys: () => encryption.keys.ready() },
      outbox: { store: outbox, keyFile: config.ADX_SERVICE_KEY_FILE },
      schedules: [
        ...maintenanceSchedules(notificationContract, config.ADX_MAINTENANCE),
        {
          name: 'reminders',
          workflow: notificationContract.workflows.watchAttention,
          input: {},
          when: config.ADX_ATTENTION_WATCH === 'never' ? null : { every: config.ADX_ATTENTION_WATCH },
        },
      ],
      background: [audit],
      close: async () => {
        mailer.close();
        await outbox.close();
        await reconciler.close();
        await audit.close();
        await database.close();
        await encryption.close();
      },
    };
  },
});
