import { DeliveryUnavailable } from '@adx/activity-middleware';
import type { OutboxBatch, OutboxStore, PendingRow } from '@adx/activity-middleware';
import { MOST_EVENTS_AT_ONCE } from '@adx/contract-kit';
import { Client, Pool } from 'pg';
import type { PoolClient } from 'pg';
import { takeBatches } from './take-batches.ts';

/** Then a row is dead: it waits for a person, and its aggregate with it. */
const MOST_ATTEMPTS = 10;
const LONGEST_RETRY_MS = 60_000;
const LONGEST_REASON = 300;

/** How the delivery of one batch ended. */
interface Outcome {
  readonly tenantId: string;
  readonly delivered: readonly PendingRow[];
  readonly failed: readonly { readonly row: PendingRow; readonly error: unknown }[];
  readonly unavailable?: Error;
}

/**
 * The outbox of one service over its relay role.
 *
 * @param options.firstRetryMs the wait after the first failure, which doubles up to a minute; source: tests shorten it
 */
export function connectOutbox(options: {
  readonly url: string;
  readonly schema: string;
  readonly firstRetryMs?: number;
}): OutboxStore {
  const { url, schema, firstRetryMs = 1_000 } = options;
  const pool = new Pool({ connectionString: url, max: 2, query_timeout: 30_000, connectionTimeoutMillis: 5_000 });
  pool.on('error', () => undefined);

  return {
    async work(deliver) {
      const client = await pool.connect();
      let broken: Error | undefined;
      // One that breaks during a delivery tells nobody but its listeners, and without one it ends the process.
      client.on('error', ignore);
      try {
        await client.query('begin');
        const batches = await takeBatches(client, MOST_EVENTS_AT_ONCE);
        const outcomes = await Promise.all(batches.map((batch) => deliverBatch(batch, deliver)));
        for (const outcome of outcomes) await record(client, outcome);
        await client.query('commit');
        const unavailable = outcomes.find((outcome) => outcome.unavailable)?.unavailable;
        if (unavailable) throw unavailable;
        return batches.reduce((sum, { rows }) => sum + rows.length, 0);
      } catch (error) {
        if (!(error instanceof DeliveryUnavailable)) broken = error as Error;
        throw error;
      } finally {
        // One that failed may be in the middle of a transaction: it is not used again.
        client.off('error', ignore);
        client.release(broken);
      }
    },
    async lag() {
      const { rows } = await pool.query<{ lag: number }>(
        `select coalesce(extract(epoch from clock_timestamp() - min(created_at)) * 1000, 0)::float8 as lag
           from outbox where dead_at is null`,
      );
      return Math.max(0, rows[0]!.lag);
    },
    async listen(onNews) {
      const listener = new Client({ connectionString: url, keepAlive: true });
      // A connection that breaks tells nothing any more: the poll goes on without it, and a new one is made by `run`.
      listener.on('error', () => undefined);
      listener.on('notification', onNews);
      await listener.connect();
      await listener.query(`listen "adx_outbox_${schema}"`);
      return () => listener.end().catch(() => undefined);
    },
    close: () => pool.end(),
  };

  async function record(client: PoolClient, { tenantId, delivered, failed }: Outcome): Promise<void> {
    if (delivered.length > 0) {
      const ids = delivered.map(({ id }) => id);
      await client.query('delete from outbox where tenant_id = $1 and id = any ($2::bigint[])', [tenantId, ids]);
    }
    for (const { row, error } of failed) {
      // Jitter, so that what failed together does not come again together.
      await client.query(
        `update outbox set attempts = attempts + 1, last_error = $3,
           dead_at = case when attempts + 1 >= $4 then clock_timestamp() end,
           next_attempt_at = clock_timestamp()
             + make_interval(secs => least($5, $6 * power(2, attempts)) * (0.5 + random()) / 1000.0)
           where tenant_id = $1 and id = $2`,
        [tenantId, row.id, reasonOf(error), MOST_ATTEMPTS, LONGEST_RETRY_MS, firstRetryMs],
      );
    }
  }
}

/** The next statement fails, and says so. */
const ignore = () => undefined;

async function deliverBatch(batch: OutboxBatch, deliver: (batch: OutboxBatch) => Promise<void>): Promise<Outcome> {
  const { tenantId, rows } = batch;
  try {
    await deliver(batch);
    return { tenantId, delivered: rows, failed: [] };
  } catch (error) {
    if (error instanceof DeliveryUnavailable) return { tenantId, delivered: [], failed: [], unavailable: error };
    if (rows.length === 1) return { tenantId, delivered: [], failed: [{ row: rows[0], error }] };
  }
  // One bad row must not hold back the good ones: each for itself, and an aggregate as far as it goes.
  const delivered: PendingRow[] = [];
  const failed: { row: PendingRow; error: unknown }[] = [];
  const stuck = new Set<string>();
  for (const row of rows) {
    if (stuck.has(row.aggregate)) continue;
    const alone = await deliverBatch({ ...batch, rows: [row] }, deliver);
    if (alone.unavailable) return { tenantId, delivered, failed, unavailable: alone.unavailable };
    delivered.push(...alone.delivered);
    failed.push(...alone.failed);
    if (alone.failed.length > 0) stuck.add(row.aggregate);
  }
  return { tenantId, delivered, failed };
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
  return text.slice(0, LONGEST_REASON);
}
