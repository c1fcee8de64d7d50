import {
  implementContract,
  withAdapters,
  withBreaker,
  withBulkhead,
  withHeartbeat,
  withPrincipal,
  withRateLimit,
  withTelemetry,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import type { Duration } from '@adx/contract-kit';
import { withExternalCalls } from '@adx/external-calls';
import { notificationContract } from '@adx/notification-contract';
import type { RemoveTenantRows } from '@adx/persistence';
import type { Maintenance } from '@adx/worker-runtime';
import type { NotificationTx } from '../adapters/database.ts';
import type { Mailer } from '../adapters/smtp-mailer.adapter.ts';
import type { WebhookSettings } from '../domain/webhook-host.ts';

/** What the handlers of this service use besides the database. */
export interface NotificationAdapters {
  readonly maintenance: Maintenance;
  readonly mailer: Mailer;
  /** After which waits the operators are reminded, and where they get mail, if they do. */
  readonly reminders: readonly Duration[];
  readonly operatorAddress?: string;
  /** Domains we must not write to. */
  readonly suppressedDomains: readonly string[];
  readonly webhooks: WebhookSettings;
  /** What the tokens of invitations are made from. */
  readonly invitationKey: () => Promise<string>;
  readonly removeRows: RemoveTenantRows;
}

/** What surrounds every activity of this service; the first is the outermost. */
export const notificationActivities = implementContract(notificationContract)
  .use(withTelemetry())
  .use(withValidation())
  .use(withPrincipal())
  .use(withRateLimit())
  .use(withBreaker())
  .use(withBulkhead())
  .use(withHeartbeat())
  .use(withExternalCalls())
  .use(withAdapters<NotificationAdapters>())
  .use(withTransaction<NotificationTx>());
