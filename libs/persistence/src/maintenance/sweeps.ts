import type { RetentionAges } from '@adx/activity-middleware';
import type { Pool } from 'pg';

/** What is removed when it is old. */
export interface Sweep {
  readonly name: string;
  readonly age: keyof RetentionAges;
  /** Deletes rows that are older than `$1` days; `$2` of them at most. */
  readonly text: string;
}

/** Operations that are looked at together, and rows that are deleted in one statement. */
const OPERATIONS_AT_ONCE = 200;
const ROWS_AT_ONCE = 5_000;
/** What is left after so many statements is for the next day. */
const MOST_ROUNDS = 1_000;

export async function sweepRows(pool: Pool, { text }: Sweep, days: number): Promise<number> {
  let removed = 0;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const { rowCount } = await pool.query(text, [days, ROWS_AT_ONCE]);
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < ROWS_AT_ONCE) break;
  }
  return removed;
}

/**
 * The ledger is what makes an effect happen once and what an undo goes by, so that its rows stay for as long as their
 * operation may go on, however old they are.
 */
export async function sweepLedger(
  pool: Pool,
  days: number,
  isOver: (operationIds: readonly string[]) => Promise<readonly string[]>,
): Promise<number> {
  let removed = 0;
  let after = '';
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const { rows } = await pool.query<{ id: string }>(
      `select distinct operation_id as id from step_ledger
         where created_at < now() - make_interval(days => $1) and operation_id > $2 order by 1 limit $3`,
      [days, after, OPERATIONS_AT_ONCE],
    );
    if (rows.length === 0) break;
    after = rows.at(-1)!.id;
    const over = await isOver(rows.map(({ id }) => id));
    const { rowCount } = await pool.query(
      'delete from step_ledger where operation_id = any ($1) and created_at < now() - make_interval(days => $2)',
      [over, days],
    );
    removed += rowCount ?? 0;
  }
  return removed;
}

/**
 * The numbers given to what was sent to an operation: each has one row, for ever, and nobody asks for it any more once
 * everything is delivered. Those of events stay: receivers count on from them.
 */
export async function sweepSequences(pool: Pool): Promise<number> {
  const delivered = `not exists (select from outbox o where o.tenant_id = s.tenant_id and o.target = s.target
    and o.aggregate = s.aggregate)`;
  let removed = 0;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      // Held first, looked at again after that: an effect that commits in between has taken a number and left a row.
      const { rows } = await client.query<{ tenant_id: string; aggregate: string }>(
        `select tenant_id, aggregate from outbox_sequence s where target = 'operations' and ${delivered}
           limit $1 for update of s skip locked`,
        [ROWS_AT_ONCE],
      );
      const { rowCount } = await client.query(
        `delete from outbox_sequence s using unnest($1::uuid[], $2::text[]) as n (tenant_id, aggregate)
           where s.tenant_id = n.tenant_id and s.target = 'operations' and s.aggregate = n.aggregate and ${delivered}`,
        [rows.map(({ tenant_id }) => tenant_id), rows.map(({ aggregate }) => aggregate)],
      );
      await client.query('commit');
      removed += rowCount ?? 0;
      if (rows.length < ROWS_AT_ONCE || rowCount === 0) break;
    } catch (error) {
      broken = error as Error;
      throw error;
    } finally {
      // One that failed may be in the middle of a transaction: it is not used again.
      client.release(broken);
    }
  }
  return removed;
}
