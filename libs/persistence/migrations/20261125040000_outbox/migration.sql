-- What is to leave the service once an effect has committed: workflows to start, signals, events for others. Runs as the
-- owner role.

-- The last number that was given, for each target and aggregate. The row is locked until the commit, so that the order
-- of the numbers is the order of the commits.
create table outbox_sequence (
  tenant_id uuid not null,
  target text not null,
  aggregate text not null,
  seq bigint not null,
  primary key (tenant_id, target, aggregate)
);

create table outbox (
  tenant_id uuid not null,
  id bigint generated always as identity,
  event_id uuid not null,
  -- `redelivery`: an event of the own inbox that a person wants to see applied after all.
  kind text not null check (kind in ('start', 'signal', 'event', 'redelivery')),
  -- `service/<receiver>` for events, `operations` otherwise.
  target text not null,
  aggregate text not null,
  seq bigint not null,
  payload jsonb not null,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default clock_timestamp(),
  dead_at timestamptz,
  last_error text,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, target, aggregate, seq)
);
create index outbox_due on outbox (next_attempt_at) where dead_at is null;

do $$
declare
  relay text := current_schema() || '_relay';
  kernel_table text;
begin
  foreach kernel_table in array array['outbox', 'outbox_sequence'] loop
    perform protect_tenant_table(kernel_table::regclass);
    execute format('revoke insert, update, delete on %I from %I', kernel_table, current_schema() || '_app');
  end loop;
  -- The relay works off the rows of all tenants, and sees nothing else.
  execute format('create policy relay on outbox to %I using (true) with check (true)', relay);
  execute format('grant select, update, delete on outbox to %I', relay);
end $$;

-- Numbers and writes rows of the current tenant, and wakes the relay at the commit. Rows are
-- { eventId, kind, target, aggregate, payload }.
create function put_outbox(p_rows jsonb) returns void language plpgsql volatile as $$
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
  perform pg_notify('adx_outbox_' || current_schema(), '');
end $$;

-- As before, with the rows of the outbox: one statement, one commit.
drop function finish_step(text, uuid, text, text, text, text, integer, bytea, jsonb, jsonb, text, text, text, jsonb, text);
create function finish_step(
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
    perform put_outbox(p_outbox);
  end if;
end $$;

-- How far the events of an aggregate were applied. What the source sends comes at least once and in any order.
create table inbox_position (
  tenant_id uuid not null,
  source text not null,
  aggregate text not null,
  seq bigint not null,
  primary key (tenant_id, source, aggregate)
);

-- Events that wait for an earlier one, or that could not be applied. What was applied is not here.
create table inbox (
  tenant_id uuid not null,
  source text not null,
  aggregate text not null,
  seq bigint not null,
  event_id uuid not null,
  event text not null,
  payload jsonb not null,
  occurred_at timestamptz not null,
  discarded boolean not null default false,
  attempts integer not null default 0,
  dead_at timestamptz,
  last_error text,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, source, aggregate, seq)
);

do $$
declare kernel_table text;
begin
  foreach kernel_table in array array['inbox', 'inbox_position'] loop
    perform protect_tenant_table(kernel_table::regclass);
    execute format('revoke insert, update, delete on %I from %I', kernel_table, current_schema() || '_app');
  end loop;
end $$;

-- First statement of the transaction that applies an event: sets the tenant and holds the aggregate. Says
--   apply: it is its turn | held: kept until the earlier ones were applied | duplicate | dead: waits for a person
create function receive_event(
  p_tenant uuid, p_source text, p_aggregate text, p_seq bigint, p_id uuid, p_event text, p_payload jsonb,
  p_occurred_at timestamptz, p_discarded boolean
) returns text language plpgsql volatile as $$
declare
  at bigint;
  died timestamptz;
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  insert into inbox_position (tenant_id, source, aggregate, seq) values (p_tenant, p_source, p_aggregate, 0)
    on conflict do nothing;
  select seq into at from inbox_position
    where tenant_id = p_tenant and source = p_source and aggregate = p_aggregate for update;
  if p_seq <= at then return 'duplicate'; end if;
  -- The tombstone of an event that a person discarded at its source takes the place of what is kept of it here.
  if p_discarded then
    delete from inbox where tenant_id = p_tenant and source = p_source and aggregate = p_aggregate and seq = p_seq;
  end if;
  select dead_at into died from inbox
    where tenant_id = p_tenant and source = p_source and aggregate = p_aggregate and seq = p_seq;
  if died is not null then return 'dead'; end if;
  if p_seq = at + 1 then return 'apply'; end if;
  insert into inbox (tenant_id, source, aggregate, seq, event_id, event, payload, occurred_at, discarded)
    values (p_tenant, p_source, p_aggregate, p_seq, p_id, p_event, p_payload, p_occurred_at, p_discarded)
    on conflict do nothing;
  return 'held';
end $$;

-- The same for an event that was held: holds the aggregate and returns the next one, if it is here and alive.
create function next_event(p_tenant uuid, p_source text, p_aggregate text) returns setof inbox
  language plpgsql volatile as $$
declare at bigint;
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  select seq into at from inbox_position
    where tenant_id = p_tenant and source = p_source and aggregate = p_aggregate for update;
  return query select * from inbox
    where tenant_id = p_tenant and source = p_source and aggregate = p_aggregate and seq = at + 1 and dead_at is null;
end $$;

-- Last statement of that transaction. Returns whether the next event is here already.
create function event_applied(
  p_tenant uuid, p_source text, p_aggregate text, p_seq bigint, p_id uuid, p_event text, p_execution text,
  p_operation text
) returns boolean language plpgsql volatile as $$
begin
  update inbox_position set seq = p_seq
    where tenant_id = p_tenant and source = p_source and aggregate = p_aggregate and seq = p_seq - 1;
  if not found then raise exception 'it is not the turn of this event' using errcode = 'ADX01'; end if;
  delete from inbox where tenant_id = p_tenant and source = p_source and aggregate = p_aggregate and seq = p_seq;
  insert into audit_pending (tenant_id, execution_key, operation_id, step, actor, actor_kind, action, outcome, detail)
    values (p_tenant, p_execution, p_operation, p_id::text, p_source, 'service', p_event, 'succeeded', null);
  return exists (select from inbox where tenant_id = p_tenant and source = p_source and aggregate = p_aggregate
                   and seq = p_seq + 1 and dead_at is null);
end $$;

-- Notes a failed attempt, in a transaction of its own. Returns whether the event is dead now.
create function event_failed(
  p_tenant uuid, p_source text, p_aggregate text, p_seq bigint, p_id uuid, p_event text, p_payload jsonb,
  p_occurred_at timestamptz, p_discarded boolean, p_execution text, p_operation text, p_final boolean, p_most integer,
  p_error text
) returns boolean language plpgsql volatile as $$
declare
  at bigint;
  died timestamptz;
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  select seq into at from inbox_position
    where tenant_id = p_tenant and source = p_source and aggregate = p_aggregate for update;
  -- Another delivery has applied it meanwhile.
  if p_seq <= coalesce(at, 0) then return false; end if;
  insert into inbox as i
    (tenant_id, source, aggregate, seq, event_id, event, payload, occurred_at, discarded, attempts, last_error, dead_at)
    values (p_tenant, p_source, p_aggregate, p_seq, p_id, p_event, p_payload, p_occurred_at, p_discarded, 1, p_error,
            case when p_final or p_most <= 1 then clock_timestamp() end)
    on conflict (tenant_id, source, aggregate, seq) do update
      set attempts = i.attempts + 1, last_error = excluded.last_error,
          dead_at = coalesce(i.dead_at, case when p_final or i.attempts + 1 >= p_most then clock_timestamp() end)
    returning dead_at into died;
  if died is null then return false; end if;
  insert into audit_pending (tenant_id, execution_key, operation_id, step, actor, actor_kind, action, outcome, detail)
    values (p_tenant, p_execution, p_operation, p_id::text, p_source, 'service', p_event, 'failed', null);
  return true;
end $$;

-- For operators, not for the app role: a dead row goes out once more.
create function requeue_outbox(p_tenant uuid, p_id bigint) returns boolean language plpgsql volatile as $$
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  update outbox set dead_at = null, attempts = 0, next_attempt_at = clock_timestamp()
    where tenant_id = p_tenant and id = p_id and dead_at is not null;
  if not found then return false; end if;
  perform pg_notify('adx_outbox_' || current_schema(), '');
  return true;
end $$;

-- An event leaves its number behind, as a tombstone that is delivered: its receivers would wait for it for ever.
create function discard_outbox(p_tenant uuid, p_id bigint) returns boolean language plpgsql volatile as $$
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  delete from outbox where tenant_id = p_tenant and id = p_id and dead_at is not null and kind <> 'event';
  if found then return true; end if;
  update outbox set payload = jsonb_build_object('type', payload -> 'type', 'payload', null, 'discarded', true)
    where tenant_id = p_tenant and id = p_id and dead_at is not null;
  return requeue_outbox(p_tenant, p_id);
end $$;

-- Gives a dead event of the inbox to the relay of this service, which delivers it to its own queue; p_discard leaves
-- only its number, so that what waits behind it goes on.
create function requeue_inbox(p_tenant uuid, p_source text, p_aggregate text, p_seq bigint, p_discard boolean)
  returns boolean language plpgsql volatile as $$
declare entry inbox%rowtype;
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  update inbox set dead_at = null, attempts = 0, discarded = p_discard,
                   payload = case when p_discard then 'null'::jsonb else payload end
    where tenant_id = p_tenant and source = p_source and aggregate = p_aggregate and seq = p_seq and dead_at is not null
    returning * into entry;
  if not found then return false; end if;
  perform put_outbox(jsonb_build_array(jsonb_build_object(
    'eventId', gen_random_uuid(), 'kind', 'redelivery', 'target', 'service/' || replace(current_schema(), '_', '-'),
    'aggregate', entry.source || '/' || entry.aggregate,
    'payload', jsonb_build_object(
      'id', entry.event_id, 'type', entry.event, 'aggregate', entry.aggregate, 'seq', entry.seq,
      'occurredAt', to_char(entry.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'payload', entry.payload) || case when p_discard then '{"discarded": true}'::jsonb else '{}' end)));
  return true;
end $$;

do $$
declare
  kernel_function regprocedure;
  name text;
begin
  for kernel_function, name in
    select p.oid::regprocedure, p.proname from pg_proc p
      where p.pronamespace = current_schema()::regnamespace
        and p.proname in ('put_outbox', 'finish_step', 'receive_event', 'next_event', 'event_applied', 'event_failed',
                          'requeue_outbox', 'discard_outbox', 'requeue_inbox')
  loop
    execute format('alter function %s security definer set search_path = %I, pg_temp', kernel_function, current_schema());
    execute format('revoke execute on function %s from public', kernel_function);
    if name in ('finish_step', 'receive_event', 'next_event', 'event_applied', 'event_failed') then
      execute format('grant execute on function %s to %I', kernel_function, current_schema() || '_app');
    end if;
  end loop;
end $$;
