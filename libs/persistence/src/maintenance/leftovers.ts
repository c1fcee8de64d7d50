/** What may be left over: rows of `subject`, `says` and `operationId`, which is null unless it decides. */
export interface LeftoverQuery {
  readonly kind: string;
  /** `$1` is for how many minutes it has been so at least. */
  readonly text: string;
}

/** A person has decided what becomes of the step: its row is as it is on purpose. */
export const UNDECIDED = `not exists (select from step_ledger d
  where d.tenant_id = s.tenant_id and d.execution_key = s.execution_key
    and starts_with(d.step, s.step || '.resolve') and d.input ->> 'action' <> 'retry')`;

const age = 'clock_timestamp() - make_interval(mins => $1)';
const nobody = 'null::text as "operationId"';
const letter = (box: 'in' | 'out', id: string) => `current_schema() || '/${box}/' || tenant_id || '/' || ${id}`;

/** Of every service. What waits behind a dead letter is its aggregate's, and no finding of its own. */
export const KERNEL_LEFTOVERS: readonly LeftoverQuery[] = [
  {
    kind: 'step-unfinished',
    text: `select operation_id || '/' || step as subject, operation_id as "operationId",
        'the step ' || step || ' has begun a call to another system, and nobody knows how it ended' as says
      from step_ledger s where state in ('started', 'undoing') and lease_until < ${age} and ${UNDECIDED}`,
  },
  {
    kind: 'outbox-dead',
    text: `select ${letter('out', 'id')} as subject, ${nobody},
        case kind when 'event' then payload ->> 'type' || ' to ' || split_part(target, '/', 2) else kind end
          || ' could not be delivered in ' || attempts || ' attempts; see npm run dead-letters' as says
      from outbox where dead_at is not null`,
  },
  {
    kind: 'outbox-unsent',
    text: `select ${letter('out', 'id')} as subject, ${nobody},
        waiting || ' rows of the outbox have not been delivered; this is the oldest' as says
      from (select tenant_id, id, count(*) over () as waiting from outbox o
              where dead_at is null and created_at < ${age}
                and not exists (select from outbox d where d.tenant_id = o.tenant_id and d.target = o.target
                                  and d.aggregate = o.aggregate and d.seq < o.seq and d.dead_at is not null)
              order by created_at, id limit 1) oldest`,
  },
  {
    kind: 'inbox-dead',
    text: `select ${letter('in', 'event_id')} as subject, ${nobody},
        event || ' from ' || source || ' could not be applied in ' || attempts
          || ' attempts; see npm run dead-letters' as says
      from inbox where dead_at is not null`,
  },
  {
    kind: 'inbox-held',
    text: `select ${letter('in', 'event_id')} as subject, ${nobody},
        event || ' from ' || source || ' waits for one before it that has not come' as says
      from (select distinct on (tenant_id, source, aggregate) * from inbox
              order by tenant_id, source, aggregate, seq) first
      where dead_at is null and created_at < ${age}`,
  },
];
