import type { BreakerPermit, BreakerStore } from '@adx/activity-middleware';
import type { Pool } from 'pg';
import { databaseFailure } from './database-failure.ts';

/** One statement each and no transaction: never while a tenant transaction is open, which would take a second connection. */
export function createBreakerStore(pool: Pool): BreakerStore {
  const ask = async <T>(sql: string, values: readonly unknown[]): Promise<T> => {
    try {
      return (await pool.query(sql, [...values])).rows[0] as T;
    } catch (error) {
      throw databaseFailure(error);
    }
  };
  return {
    async permit(service, { probeMs }) {
      const { verdict, wait_ms, probe, failures } = await ask<PermitRow>('select * from breaker_permit($1, $2)', [
        service,
        Math.ceil(probeMs),
      ]);
      if (verdict === 'probe') return { verdict, probe: probe! };
      return verdict === 'open' ? { verdict, waitMs: wait_ms! } : { verdict, failures };
    },
    report: (service, outcome, { probe, threshold, openMs }) =>
      ask('select * from breaker_report($1, $2, $3, $4, $5)', [
        service,
        outcome,
        probe ?? null,
        threshold,
        Math.ceil(openMs),
      ]),
  };
}

interface PermitRow {
  readonly verdict: BreakerPermit['verdict'];
  readonly wait_ms: number | null;
  readonly probe: string | null;
  readonly failures: number;
}
