-- The data keys of all tenants, wrapped by a root key that this database never sees. Runs as keys_owner, whose
-- search_path is the schema `keys`. The app role reaches the tables through the functions below and in no other way:
-- one call is about one tenant, so nobody reads the keys of all of them by one query.

create table tenant_key (
  tenant_id uuid not null,
  version integer not null check (version > 0),
  key_id uuid not null,
  wrapped bytea not null,
  -- Which root key wrapped it.
  root_key_id text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, version)
);

-- A tenant whose keys are gone: it never gets another one, or its histories would be half readable again.
create table destroyed_tenant (
  tenant_id uuid primary key,
  destroyed_at timestamptz not null default now(),
  versions integer not null
);

do $$
declare key_table text;
begin
  foreach key_table in array array['tenant_key', 'destroyed_tenant'] loop
    execute format('alter table %I enable row level security', key_table);
    execute format('alter table %I force row level security', key_table);
    execute format(
      'create policy tenant on %I '
      'using (tenant_id = nullif(current_setting(''adx.tenant_id'', true), '''')::uuid) '
      'with check (tenant_id = nullif(current_setting(''adx.tenant_id'', true), '''')::uuid)', key_table);
  end loop;
end $$;

-- One key of a tenant: the newest without a version. `destroyed` is true, and the rest null, when its keys are gone; no
-- row when there is no such key.
create function find_key(p_tenant uuid, p_version integer)
returns table (destroyed boolean, version integer, key_id uuid, wrapped bytea, root_key_id text)
language plpgsql as $$
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  if exists (select 1 from destroyed_tenant d where d.tenant_id = p_tenant) then
    return query select true, null::integer, null::uuid, null::bytea, null::text;
    return;
  end if;
  return query
    select false, k.version, k.key_id, k.wrapped, k.root_key_id from tenant_key k
    where k.tenant_id = p_tenant and (p_version is null or k.version = p_version)
    order by k.version desc limit 1;
end $$;

-- Adds a version, unless another process added it first or the keys are gone: whoever asks looks again afterwards. The
-- lock keeps a key from being added behind the back of a destruction.
create function add_key(p_tenant uuid, p_version integer, p_key_id uuid, p_wrapped bytea, p_root_key_id text)
returns void language plpgsql as $$
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  perform pg_advisory_xact_lock(hashtextextended('adx.keys/' || p_tenant::text, 0));
  if exists (select 1 from destroyed_tenant d where d.tenant_id = p_tenant) then return; end if;
  if p_version <> coalesce((select max(k.version) from tenant_key k where k.tenant_id = p_tenant), 0) + 1 then return; end if;
  insert into tenant_key (tenant_id, version, key_id, wrapped, root_key_id)
  values (p_tenant, p_version, p_key_id, p_wrapped, p_root_key_id);
end $$;

-- Deletes all versions, for ever. Repeating it changes nothing. Returns how many there were.
create function destroy_keys(p_tenant uuid) returns integer language plpgsql as $$
declare gone integer;
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  perform pg_advisory_xact_lock(hashtextextended('adx.keys/' || p_tenant::text, 0));
  delete from tenant_key k where k.tenant_id = p_tenant;
  get diagnostics gone = row_count;
  insert into destroyed_tenant (tenant_id, versions) values (p_tenant, gone) on conflict (tenant_id) do nothing;
  return gone;
end $$;

do $$
declare key_function text;
begin
  foreach key_function in array array[
    'find_key(uuid, integer)', 'add_key(uuid, integer, uuid, bytea, text)', 'destroy_keys(uuid)'
  ] loop
    execute format('alter function %s security definer', key_function);
    execute format('alter function %s set search_path = %I, pg_temp', key_function, current_schema());
    execute format('revoke execute on function %s from public', key_function);
    execute format('grant execute on function %s to %I', key_function, current_schema() || '_app');
  end loop;
end $$;
