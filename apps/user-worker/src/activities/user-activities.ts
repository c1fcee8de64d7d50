import {
  implementContract,
  withHeartbeat,
  withPrincipal,
  withRateLimit,
  withTelemetry,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import { userContract } from '@adx/user-contract';
import type { UserTx } from '../adapters/database.ts';

/** What surrounds every activity of this service; the first is the outermost. */
export const userActivities = implementContract(userContract)
  .use(withTelemetry())
  .use(withValidation())
  .use(withPrincipal())
  .use(withRateLimit())
  .use(withHeartbeat())
  .use(withTransaction<UserTx>());
