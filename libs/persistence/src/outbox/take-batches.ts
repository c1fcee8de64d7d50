import type { OutboxBatch, PendingRow } from '@adx/activity-middleware';
import type { PoolClient } from 'pg';

/** Aggregates that one relay holds at once. */
const MOST_HEADS = 100;
/** Characters of JSON in one batch; Temporal warns at 256 KB and refuses at 2 MB. */
const LARGEST_BATCH = 200_000;

interface TakenRow extends PendingRow {
  readonly tenantId: string;
  readonly target: string;
}

const COLUMNS = `id::text, tenant_id as "tenantId", event_id as "eventId", kind, target, aggregate, seq::float8 as seq,
  payload, created_at as "createdAt"`;

/**
 * Holds the oldest row of each aggregate that is due, and with it the aggregate: a row with another before it is nobody's
 * to take. What another relay holds is passed over. There is no "last id": a row is taken when it is visible, however late
 * its commit was.
 */
export async function takeBatches(client: PoolClient, mostEvents: number): Promise<OutboxBatch[]> {
  const heads = await client.query<TakenRow>(
    `select ${COLUMNS} from outbox o
       where dead_at is null and next_attempt_at <= clock_timestamp()
         and not exists (select from outbox e where e.tenant_id = o.tenant_id and e.target = o.target
                           and e.aggregate = o.aggregate and e.seq < o.seq)
       order by next_attempt_at limit ${MOST_HEADS} for update of o skip locked`,
  );
  const batches: OutboxBatch[] = [];
  const events = new Map<string, [TakenRow, ...TakenRow[]]>();
  for (const head of heads.rows) {
    if (head.kind === 'event') {
      const key = `${head.tenantId} ${head.target}`;
      const group = events.get(key);
      if (group) group.push(head);
      else events.set(key, [head]);
    } else {
      batches.push(batchOf([head]));
    }
  }
  for (const group of events.values()) {
    const [{ tenantId, target }] = group;
    // What comes behind a head that we hold is ours, too.
    const { rows } = await client.query<TakenRow>(
      `select ${COLUMNS} from outbox
         where tenant_id = $1 and target = $2 and aggregate = any ($3) and dead_at is null order by outbox.id limit $4`,
      [tenantId, target, group.map(({ aggregate }) => aggregate), mostEvents],
    );
    batches.push(batchOf(asLongAsItFits(rows)));
  }
  return batches;
}

function asLongAsItFits(rows: readonly TakenRow[]): [TakenRow, ...TakenRow[]] {
  let size = 0;
  const end = rows.findIndex(({ payload }, index) => {
    size += JSON.stringify(payload).length;
    return index > 0 && size > LARGEST_BATCH;
  });
  return (end < 0 ? rows : rows.slice(0, end)) as [TakenRow, ...TakenRow[]];
}

function batchOf(rows: [TakenRow, ...TakenRow[]]): OutboxBatch {
  const [{ tenantId, kind, target }] = rows;
  return { tenantId, kind, target, rows };
}
