-- Postgres lets one transaction that has notified commit at a time, in the whole cluster. In the transaction of an effect
-- a NOTIFY took a third of the rate away, so the process that has committed says so afterwards, for many at once.

-- Numbers and writes rows of the current tenant. Rows are { eventId, kind, target, aggregate, payload }.
create function write_outbox(p_rows jsonb) returns void language plpgsql volatile as $$
begin
  with given as (
    select * from rows from (jsonb_to_recordset(p_rows)
      as ("eventId" uuid, kind text, target text, aggregate text, payload jsonb)) with ordinality
      as r("eventId", kind, target, aggregate, payload, place)
  ), numbered as (
    -- In one order for everybody: two effects that lock the same numbers wait for each other, but never in a circle.
    insert into outbox_sequence as s (tenant_id, target, aggregate, seq)
      select current_tenant(), target, aggregate, count(*) from given group by target, aggregate
        order by target collate "C", aggregate collate "C"
      on conflict (tenant_id, target, aggregate) do update set seq = s.seq + excluded.seq
      returning s.target, s.aggregate, s.seq
  )
  insert into outbox (tenant_id, event_id, kind, target, aggregate, seq, payload)
    select current_tenant(), g."eventId", g.kind, g.target, g.aggregate,
           n.seq - count(*) over (partition by g.target, g.aggregate)
             + row_number() over (partition by g.target, g.aggregate order by g.place),
           g.payload
      from given g join numbered n using (target, aggregate) order by g.place;
end $$;

-- The same for a person's decision, which is rare: wakes the relay at the commit.
create or replace function put_outbox(p_rows jsonb) returns void language plpgsql volatile as $$
begin
  perform write_outbox(p_rows);
  perform pg_notify('adx_outbox_' || current_schema(), '');
end $$;

-- As before, without the notification.
create or replace function finish_step(
  p_mode text, p_tenant uuid, p_execution text, p_step text, p_operation text, p_activity text, p_attempt integer,
  p_hash bytea, p_input jsonb, p_output jsonb, p_actor text, p_kind text, p_action text, p_detail jsonb, p_lease text,
  p_outbox jsonb default null
) returns void language plpgsql volatile as $$
declare written integer;
begin
  if p_mode = 'forward' then
    insert into step_ledger as s
      (tenant_id, execution_key, step, operation_id, activity, state, input_hash, input, output, attempt, ended_at)
      values (p_tenant, p_execution, p_step, p_operation, p_activity, 'done', p_hash, p_input, p_output, p_attempt, now())
      on conflict (tenant_id, execution_key, step)
        do update set state = 'done', output = excluded.output, attempt = excluded.attempt, lease_until = null,
                      ended_at = now()
        where s.state = 'started' and (s.lease_until = p_lease::timestamptz or s.lease_until <= clock_timestamp());
  else
    update step_ledger set state = 'undone', lease_until = null, undone_at = now()
      where tenant_id = p_tenant and execution_key = p_execution and step = p_step and state in ('done', 'started');
  end if;
  get diagnostics written = row_count;
  if written <> 1 then raise exception 'the step is no longer ours' using errcode = 'ADX01'; end if;
  insert into audit_pending (tenant_id, execution_key, operation_id, step, actor, actor_kind, action, outcome, detail)
    values (p_tenant, p_execution, p_operation, p_step, p_actor, p_kind, p_action,
            case p_mode when 'forward' then 'succeeded' else 'undone' end, p_detail);
  if p_outbox is not null then
    if jsonb_path_exists(p_outbox, '$[*] ? (@.kind != "start" && @.kind != "signal" && @.kind != "event")') then
      raise exception 'an effect starts, signals or tells, and nothing else' using errcode = '22023';
    end if;
    perform write_outbox(p_outbox);
  end if;
end $$;

do $$
declare
  kernel_function regprocedure;
  name text;
begin
  for kernel_function, name in
    select p.oid::regprocedure, p.proname from pg_proc p
      where p.pronamespace = current_schema()::regnamespace
        and p.proname in ('write_outbox', 'put_outbox', 'finish_step')
  loop
    execute format('alter function %s security definer set search_path = %I, pg_temp', kernel_function, current_schema());
    execute format('revoke execute on function %s from public', kernel_function);
  end loop;
end $$;
