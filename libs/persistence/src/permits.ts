import type { RateLimitPlans } from '@adx/activity-middleware';
import type { Pool } from 'pg';
import { databaseFailure } from './database-failure.ts';

/**
 * A block is a 64th of its limit: 16 processes that hold one block each keep at most a quarter of it from the others.
 * And at most 50: beyond that the round trip is already less than a fiftieth of one per activity.
 */
const BLOCK_SHARE = 64;
const LARGEST_BLOCK = 50;

/** Permits of one scope, counted in one window and good until it ends. */
export interface PermitBlock {
  readonly scope: string;
  /** 0: the limit of the window is reached. */
  readonly granted: number;
  readonly windowNo: number;
  /** Milliseconds from the moment of the call. */
  readonly validMs: number;
}

/** Leases one block of each scope of a tenant. */
export type LeasePermits = (tenantId: string, scopes: readonly string[]) => Promise<readonly PermitBlock[]>;

/** Leases through the database: one statement, one round trip, a commit of its own. */
export function leasePermits(pool: Pick<Pool, 'query'>, plans: RateLimitPlans): LeasePermits {
  const text = JSON.stringify(plans);
  return async (tenantId, scopes) => {
    try {
      const { rows } = await pool.query<{ scope: string; granted: number; window_no: string; valid_ms: number }>(
        'select scope, granted, window_no, valid_ms from take_permits($1, $2, $3, $4, $5)',
        [tenantId, scopes, text, BLOCK_SHARE, LARGEST_BLOCK],
      );
      return rows.map(({ scope, granted, window_no, valid_ms }) => ({
        scope,
        granted,
        windowNo: Number(window_no),
        validMs: valid_ms,
      }));
    } catch (error) {
      throw databaseFailure(error);
    }
  };
}
