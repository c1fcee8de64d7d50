import {
  implementContract,
  withAdapters,
  withHeartbeat,
  withPrincipal,
  withRateLimit,
  withTelemetry,
  withTransaction,
  withValidation,
} from '@adx/activity-middleware';
import type { RemoveTenantRows } from '@adx/persistence';
import { tenantContract } from '@adx/tenant-contract';
import type { OffboardingGrace } from '@adx/tenant-contract';
import type { z } from 'zod';
import type { Maintenance } from '@adx/worker-runtime';
import type { TenantTx } from '../adapters/database.ts';
import type { SeatsByPlan } from '../domain/seats.ts';

/** What the handlers of this service use besides the database. */
export interface TenantAdapters {
  readonly maintenance: Maintenance;
  readonly seats: SeatsByPlan;
  /** How long an offboarding may be withdrawn. */
  readonly offboardingGrace: z.output<typeof OffboardingGrace>;
  readonly removeRows: RemoveTenantRows;
  /** Ends every process of a tenant. @returns how many there were */
  readonly endProcessesOf: (tenantId: string) => Promise<number>;
  /** Destroys the keys of a tenant's payloads, for ever. @returns how many versions there were */
  readonly destroyKeysOf: (tenantId: string) => Promise<number>;
}

/** What surrounds every activity of this service; the first is the outermost. */
export const tenantActivities = implementContract(tenantContract)
  .use(withTelemetry())
  .use(withValidation())
  .use(withPrincipal())
  .use(withRateLimit())
  .use(withHeartbeat())
  .use(withAdapters<TenantAdapters>())
  .use(withTransaction<TenantTx>());
