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
import { withExternalCalls } from '@adx/external-calls';
import type { RemoveTenantRows } from '@adx/persistence';
import { userContract } from '@adx/user-contract';
import type { Maintenance } from '@adx/worker-runtime';
import type { UserTx } from '../adapters/database.ts';
import type { DirectorySettings } from '../domain/directory-host.ts';

/** What the handlers of this service use besides the database. */
export interface UserAdapters {
  readonly maintenance: Maintenance;
  readonly directories: DirectorySettings;
  readonly removeRows: RemoveTenantRows;
}

/** What surrounds every activity of this service; the first is the outermost. */
export const userActivities = implementContract(userContract)
  .use(withTelemetry())
  .use(withValidation())
  .use(withPrincipal())
  .use(withRateLimit())
  .use(withBreaker())
  .use(withBulkhead())
  .use(withHeartbeat())
  .use(withExternalCalls())
  .use(withAdapters<UserAdapters>())
  .use(withTransaction<UserTx>());
