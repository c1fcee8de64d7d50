-- The kernel's tables and functions, once in the schema of every service. Runs as the owner role, whose search_path is
-- that schema. The primary keys and the guarded writes are the safety; locks only decide who waits.

create function current_tenant() returns uuid language sql stable
  as $$ select nullif(current_setting('adx.tenant_id', true), '')::uuid $$;

-- Row security for a table with a tenant_id, and the rights of the app role on it. Every domain migration calls it.
create function protect_tenant_table(p_table regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', p_table);
  execute format('alter table %s force row level security', p_table);
  execute format(
    'create policy tenant on %s '
    'using (tenant_id = nullif(current_setting(''adx.tenant_id'', true), '''')::uuid) '
    'with check (tenant_id = nullif(current_setting(''adx.tenant_id'', true), '''')::uuid)', p_table);
  execute format('grant select, insert, update, delete on %s to %I', p_table, current_schema() || '_app');
end $$;

create table step_ledger (
  tenant_id uuid not null,
  execution_key text not null,
  step text not null,
  operation_id text not null,
  activity text not null,
  state text not null check (state in ('started', 'done', 'undone', 'fenced')),
  input_hash bytea,
  input jsonb,
  output jsonb,
  -- The attempt that committed, or that holds the lease.
  attempt integer not null,
  lease_until timestamptz,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  undone_at timestamptz,
  primary key (tenant_id, execution_key, step)
);

-- Who may act, as this service knows it.
create table access_tenant (
  tenant_id uuid primary key,
  status text not null check (status in ('pending', 'active', 'suspended')),
  changed_at timestamptz not null default now()
);
create table access_member (
  tenant_id uuid not null,
  subject text not null,
  roles text[] not null,
  changed_at timestamptz not null default now(),
  primary key (tenant_id, subject)
);

-- Written by the transaction of the effect; numbered and chained later, outside of it.
create table audit_pending (
  tenant_id uuid not null,
  id bigint generated always as identity,
  at timestamptz not null default clock_timestamp(),
  execution_key text not null,
  operation_id text not null,
  step text not null,
  actor text not null,
  actor_kind text not null,
  action text not null,
  outcome text not null check (outcome in ('succeeded', 'failed', 'denied', 'undone')),
  detail jsonb,
  primary key (tenant_id, id)
);

do $$
declare kernel_table text;
begin
  foreach kernel_table in array array['step_ledger', 'access_tenant', 'access_member', 'audit_pending'] loop
    perform protect_tenant_table(kernel_table::regclass);
    -- Only the functions below write kernel tables.
    execute format('revoke insert, update, delete on %I from %I', kernel_table, current_schema() || '_app');
  end loop;
end $$;

-- Sets the tenant, looks at the ledger, then checks access: in one round trip. The ledger comes first, so that a replay
-- and an undo work while the tenant is suspended. Never raises; the verdict says what to do:
--   forward: run | done | conflict | fenced | busy | denied | unknown
--   undo:    undo | nothing | busy
--   settle:  done | nothing | unsettled | busy
create function begin_step(
  p_mode text, p_tenant uuid, p_execution text, p_step text, p_operation text, p_activity text, p_attempt integer,
  p_hash bytea, p_access text, p_roles text[], p_subject text, p_kind text,
  out verdict text, out stored_state text, out stored_input jsonb, out stored_output jsonb, out wait_ms integer
) language plpgsql volatile as $$
declare
  entry step_ledger%rowtype;
  lock_key bigint := hashtextextended(p_tenant::text || '/' || p_execution || '/' || p_step, 0);
  tenant_status text;
  member_roles text[];
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  if p_mode = 'forward' then
    if not pg_try_advisory_xact_lock(lock_key) then verdict := 'busy'; return; end if;
  else
    perform pg_advisory_xact_lock(lock_key);
  end if;
  select * into entry from step_ledger
    where tenant_id = p_tenant and execution_key = p_execution and step = p_step;
  stored_state := entry.state;
  stored_input := entry.input;
  stored_output := entry.output;

  if entry.state = 'started' and entry.lease_until > clock_timestamp() then
    verdict := 'busy';
    wait_ms := ceil(extract(epoch from entry.lease_until - clock_timestamp()) * 1000);
    return;
  end if;

  if p_mode = 'forward' then
    if entry.state in ('undone', 'fenced') then verdict := 'fenced'; return; end if;
    if entry.state is not null and entry.input_hash is distinct from p_hash then verdict := 'conflict'; return; end if;
    if entry.state = 'done' then verdict := 'done'; return; end if;
    if p_access in ('provisioning', 'lifecycle') then
      if p_kind not in ('operator', 'service') then verdict := 'denied'; return; end if;
    else
      select status into tenant_status from access_tenant where tenant_id = p_tenant;
      if not found then verdict := 'unknown'; return; end if;
      if tenant_status <> 'active' then verdict := 'denied'; return; end if;
      select roles into member_roles from access_member where tenant_id = p_tenant and subject = p_subject;
      -- The projection may lag behind a new user; nobody else has a row to wait for.
      if not found then verdict := case p_kind when 'user' then 'unknown' else 'denied' end; return; end if;
      if not (member_roles && p_roles) then verdict := 'denied'; return; end if;
    end if;
    verdict := 'run';
    return;
  end if;

  if entry.state is null then
    insert into step_ledger (tenant_id, execution_key, step, operation_id, activity, state, attempt, ended_at)
      values (p_tenant, p_execution, p_step, p_operation, p_activity, 'fenced', p_attempt, now());
    verdict := 'nothing';
  elsif entry.state in ('undone', 'fenced') then
    verdict := 'nothing';
  elsif p_mode = 'undo' then
    verdict := 'undo';
  else
    verdict := case entry.state when 'done' then 'done' else 'unsettled' end;
  end if;
end $$;

-- The beginning of an external effect: nobody else touches the step before its lease is over. Returns the lease, which
-- tells its attempt from all others; attempt numbers do not, a reset begins to count anew.
create function start_step(
  p_tenant uuid, p_execution text, p_step text, p_operation text, p_activity text, p_attempt integer,
  p_hash bytea, p_input jsonb, p_lease_ms integer
) returns text language plpgsql volatile as $$
declare lease timestamptz;
begin
  insert into step_ledger as s
    (tenant_id, execution_key, step, operation_id, activity, state, input_hash, input, attempt, lease_until)
    values (p_tenant, p_execution, p_step, p_operation, p_activity, 'started', p_hash, p_input, p_attempt,
            clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0))
    on conflict (tenant_id, execution_key, step)
      do update set attempt = excluded.attempt, lease_until = excluded.lease_until
      where s.state = 'started' and s.lease_until <= clock_timestamp()
    returning s.lease_until into lease;
  if lease is null then raise exception 'the step is no longer ours' using errcode = 'ADX01'; end if;
  return lease::text;
end $$;

-- A call that failed for certain lets the next attempt begin at once.
create function release_step(p_tenant uuid, p_execution text, p_step text, p_lease text)
  returns void language sql volatile as $$
  update step_ledger set lease_until = clock_timestamp()
    where tenant_id = p_tenant and execution_key = p_execution and step = p_step and state = 'started'
      and lease_until = p_lease::timestamptz;
$$;

-- The guarded ledger write and the audit entry, in the transaction of the effect. Raises ADX01 when the step is no
-- longer ours, which rolls the effect back: it was undone, finished, or another attempt holds its lease.
create function finish_step(
  p_mode text, p_tenant uuid, p_execution text, p_step text, p_operation text, p_activity text, p_attempt integer,
  p_hash bytea, p_input jsonb, p_output jsonb, p_actor text, p_kind text, p_action text, p_detail jsonb, p_lease text
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
end $$;

-- The access rows of the current tenant, and of no other.
create function open_tenant_access(p_status text) returns void language sql volatile as $$
  insert into access_tenant (tenant_id, status) values (current_tenant(), p_status)
    on conflict (tenant_id) do update set status = excluded.status, changed_at = now();
$$;
create function close_tenant_access() returns void language sql volatile as $$
  delete from access_tenant where tenant_id = current_tenant();
$$;
create function grant_member_access(p_subject text, p_roles text[]) returns void language sql volatile as $$
  insert into access_member (tenant_id, subject, roles) values (current_tenant(), p_subject, p_roles)
    on conflict (tenant_id, subject) do update set roles = excluded.roles, changed_at = now();
$$;
create function revoke_member_access(p_subject text) returns void language sql volatile as $$
  delete from access_member where tenant_id = current_tenant() and subject = p_subject;
$$;

-- The functions above write what the app role cannot: they run as the owner, with a search_path nobody can bend. Row
-- security is forced, so that even they see one tenant only.
do $$
declare kernel_function regprocedure;
begin
  for kernel_function in
    select p.oid::regprocedure from pg_proc p
      where p.pronamespace = current_schema()::regnamespace and p.proname <> 'protect_tenant_table'
  loop
    execute format('alter function %s set search_path = %I, pg_temp', kernel_function, current_schema());
    execute format('revoke execute on function %s from public', kernel_function);
    execute format('grant execute on function %s to %I', kernel_function, current_schema() || '_app');
    if kernel_function::text not like '%current_tenant%' then
      execute format('alter function %s security definer', kernel_function);
    end if;
  end loop;
  revoke execute on function protect_tenant_table(regclass) from public;
end $$;
