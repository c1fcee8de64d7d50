-- Rate limits of tenants, shared by all processes, and access for activities without an effect. Runs as the owner role.

-- What was taken of each limit in its current window. A scope is `tenant`, `user/<subject>` or `activity/<name>`.
create table rate_limit (
  tenant_id uuid not null,
  scope text not null,
  window_ms bigint not null,
  -- Windows are counted from the epoch, so that all processes mean the same one.
  window_no bigint not null,
  taken integer not null,
  primary key (tenant_id, scope, window_ms)
);

-- Which limits of the configuration apply; without a row those named `default`.
create table rate_plan (
  tenant_id uuid primary key,
  plan text not null
);

do $$
declare kernel_table text;
begin
  foreach kernel_table in array array['rate_limit', 'rate_plan'] loop
    perform protect_tenant_table(kernel_table::regclass);
    execute format('revoke insert, update, delete on %I from %I', kernel_table, current_schema() || '_app');
  end loop;
end $$;

-- Leases a block of permits from each scope: granted ones may be used for `valid_ms` from the moment of the call, which
-- ends with the window they were counted in. Nobody gets a permit when the limit of the window is reached.
--   p_plans: { "<plan>": { "tenant" | "user" | "activity": { "limit": n, "windowMs": n } } }, with a plan `default`
--   p_share, p_most: a block is the p_share-th part of its limit, and at most p_most
create function take_permits(p_tenant uuid, p_scopes text[], p_plans jsonb, p_share integer, p_most integer)
  returns table (scope text, granted integer, window_no bigint, valid_ms integer) language plpgsql volatile as $$
#variable_conflict use_column
declare
  rules jsonb;
  rule jsonb;
  most integer;
  width bigint;
  counted_no bigint;
  before integer;
  opened boolean := false;
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  rules := coalesce(p_plans -> (select plan from rate_plan where tenant_id = p_tenant), p_plans -> 'default');
  -- In one order for everybody: rows are locked as they come.
  for scope in select wanted from unnest(p_scopes) wanted order by wanted collate "C" loop
    rule := rules -> split_part(scope, '/', 1);
    if rule is null then
      granted := 2147483647;
      window_no := 0;
      valid_ms := 60000;
      return next;
      continue;
    end if;
    most := (rule ->> 'limit')::integer;
    width := (rule ->> 'windowMs')::bigint;
    insert into rate_limit as r (tenant_id, scope, window_ms, window_no, taken) values (p_tenant, scope, width, 0, 0)
      on conflict (tenant_id, scope, window_ms) do update set taken = r.taken
      returning r.window_no, r.taken into counted_no, before;
    -- Looked at when the row is ours: another process may have held it into the next window. A clock that was set back
    -- a little does not open a window again.
    window_no := floor(extract(epoch from clock_timestamp()) * 1000 / width);
    if counted_no between window_no and window_no + 1 then
      window_no := counted_no;
    else
      before := 0;
      opened := true;
    end if;
    granted := greatest(0, least(greatest(1, least(p_most, most / p_share)), most - before));
    update rate_limit r set window_no = take_permits.window_no, taken = before + granted
      where r.tenant_id = p_tenant and r.scope = take_permits.scope and r.window_ms = width;
    valid_ms := greatest(0, floor((window_no + 1) * width - extract(epoch from clock_timestamp()) * 1000));
    return next;
  end loop;
  -- Users come and go; what they took long ago need not stay. Last, so that nobody waits for us who we wait for.
  if opened then
    delete from rate_limit where ctid = any (array(
      select r.ctid from rate_limit r
        where r.tenant_id = p_tenant and r.window_no < floor(extract(epoch from now()) * 1000 / r.window_ms) - 1
        limit 100 for update skip locked));
  end if;
end $$;

-- The plan of the current tenant; null forgets it.
create function assign_rate_plan(p_plan text) returns void language plpgsql volatile as $$
begin
  if p_plan is null then
    delete from rate_plan where tenant_id = current_tenant();
  else
    insert into rate_plan (tenant_id, plan) values (current_tenant(), p_plan)
      on conflict (tenant_id) do update set plan = excluded.plan;
  end if;
end $$;

-- Access to an activity without a step in the ledger: allowed | denied | unknown. Sets the tenant. The rules are those
-- of begin_step; a test walks both.
create function begin_read(p_tenant uuid, p_access text, p_roles text[], p_subject text, p_kind text)
  returns text language plpgsql volatile as $$
declare
  tenant_status text;
  member_roles text[];
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  if p_access in ('provisioning', 'lifecycle') then
    return case when p_kind in ('operator', 'service') then 'allowed' else 'denied' end;
  end if;
  select status into tenant_status from access_tenant where tenant_id = p_tenant;
  if not found then return 'unknown'; end if;
  if tenant_status <> 'active' then return 'denied'; end if;
  select roles into member_roles from access_member where tenant_id = p_tenant and subject = p_subject;
  if not found then return case p_kind when 'user' then 'unknown' else 'denied' end; end if;
  return case when member_roles && p_roles then 'allowed' else 'denied' end;
end $$;

do $$
declare kernel_function regprocedure;
begin
  for kernel_function in
    select p.oid::regprocedure from pg_proc p
      where p.pronamespace = current_schema()::regnamespace
        and p.proname in ('take_permits', 'assign_rate_plan', 'begin_read')
  loop
    execute format('alter function %s security definer', kernel_function);
    execute format('alter function %s set search_path = %I, pg_temp', kernel_function, current_schema());
    execute format('revoke execute on function %s from public', kernel_function);
    execute format('grant execute on function %s to %I', kernel_function, current_schema() || '_app');
  end loop;
end $$;
