import {
  implementContract,
  withAdapters,
  withPrincipal,
  withRateLimit,
  withTelemetry,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import { notificationContract } from '@adx/notification-contract';
import type { NotificationTx } from '../adapters/database.ts';
import type { Mailer } from '../adapters/smtp-mailer.adapter.ts';

/** What the handlers of this service use besides the database. */
export interface NotificationAdapters {
  readonly mailer: Mailer;
  /** Domains we must not write to. */
  readonly suppressedDomains: readonly string[];
}

/** What surrounds every activity of this service; the first is the outermost. */
export const notificationActivities = implementContract(notificationContract)
  .use(withTelemetry())
  .use(withValidation())
  .use(withPrincipal())
  .use(withRateLimit())
  .use(withAdapters<NotificationAdapters>())
  .use(withTransaction<NotificationTx>());
