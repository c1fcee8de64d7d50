import {
  implementContract,
  withPrincipal,
  withRateLimit,
  withTelemetry,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import { tenantContract } from '@adx/tenant-contract';
import type { TenantTx } from '../adapters/database.ts';

/** What surrounds every activity of this service; the first is the outermost. */
export const tenantActivities = implementContract(tenantContract)
  .use(withTelemetry())
  .use(withValidation())
  .use(withPrincipal())
  .use(withRateLimit())
  .use(withTransaction<TenantTx>());
