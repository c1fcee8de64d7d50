import type { Leftover, MaintenanceStore } from '@adx/activity-middleware';
import { Pool } from 'pg';
import { KERNEL_LEFTOVERS, UNDECIDED } from './leftovers.ts';
import type { LeftoverQuery } from './leftovers.ts';
import { sweepLedger, sweepRows, sweepSequences } from './sweeps.ts';
import type { Sweep } from './sweeps.ts';

/** A look at all tenants may take long. Nobody waits for it. */
const QUERY_TIMEOUT_MS = 120_000;
/** More is found the next time, when these are repaired. */
const MOST_LEFTOVERS = 100;

/**
 * Looks after the rows of one service over its reconciler role.
 *
 * @param options.leftovers what may be left over in the service's own tables
 * @param options.sweeps what is removed of them when it is old
 */
export function connectReconciler(options: {
  readonly url: string;
  readonly leftovers?: readonly LeftoverQuery[];
  readonly sweeps?: readonly Sweep[];
}): MaintenanceStore {
  const { url, sweeps = [] } = options;
  const queries = [...KERNEL_LEFTOVERS, ...(options.leftovers ?? [])];
  const pool = new Pool({
    connectionString: url,
    max: 2,
    query_timeout: QUERY_TIMEOUT_MS,
    connectionTimeoutMillis: 5_000,
  });
  pool.on('error', () => undefined);
  return {
    kinds: queries.map(({ kind }) => kind),
    async leftovers(kind, { minutes, subject = null }: { minutes: number; subject?: string | null }) {
      const query = queries.find((one) => one.kind === kind);
      if (!query) return [];
      const { rows } = await pool.query<{ subject: string; says: string; operationId: string | null }>(
        `select subject, says, "operationId" from (${query.text}) found
           where $1::int >= 0 and ($2::text is null or subject = $2) order by subject limit ${MOST_LEFTOVERS}`,
        [minutes, subject],
      );
      return rows.map(({ operationId, ...row }): Leftover => ({ ...row, ...(operationId ? { operationId } : {}) }));
    },
    async effectsOf(operationIds, activities) {
      const { rows } = await pool.query<{ operationId: string; steps: string[] }>(
        `select operation_id as "operationId", array_agg(step order by created_at) as steps from step_ledger s
           where operation_id = any ($1) and activity = any ($2) and state = 'done' and step not like '%.resolve%'
             and ${UNDECIDED}
           group by operation_id order by operation_id limit ${MOST_LEFTOVERS}`,
        [operationIds, activities],
      );
      return rows;
    },
    async skipped(operationIds) {
      const { rows } = await pool.query<{ id: string }>(
        `select distinct operation_id as id from step_ledger
           where operation_id = any ($1) and step like '%.resolve%' and input ->> 'action' = 'skip'`,
        [operationIds],
      );
      return new Set(rows.map(({ id }) => id));
    },
    async retain(ages, isOver) {
      const removed: Record<string, number> = {
        ledger: await sweepLedger(pool, ages.ledgerDays, isOver),
        'outbox numbers': await sweepSequences(pool),
      };
      for (const sweep of sweeps) removed[sweep.name] = await sweepRows(pool, sweep, ages[sweep.age]);
      return removed;
    },
    close: () => pool.end(),
  };
}
