import {
  implementContract,
  withAdapters,
  withPrincipal,
  withRateLimit,
  withTelemetry,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import { tenantContract } from '@adx/tenant-contract';
import type { TenantTx } from '../adapters/database.ts';
import type { SeatsByPlan } from '../domain/seats.ts';

/** What the handlers of this service use besides the database. */
export interface TenantAdapters {
  readonly seats: SeatsByPlan;
}

/** What surrounds every activity of this service; the first is the outermost. */
export const tenantActivities = implementContract(tenantContract)
  .use(withTelemetry())
  .use(withValidation())
  .use(withPrincipal())
  .use(withRateLimit())
  .use(withAdapters<TenantAdapters>())
  .use(withTransaction<TenantTx>());
