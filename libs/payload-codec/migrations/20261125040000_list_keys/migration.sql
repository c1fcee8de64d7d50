-- What a tenant's keys are, without the keys: for whoever rotates or destroys them. One row per version; one without a
-- version when they were destroyed; none for a tenant that never had any.
create function list_keys(p_tenant uuid)
returns table (version integer, key_id uuid, root_key_id text, created_at timestamptz, destroyed_at timestamptz, versions integer)
language plpgsql as $$
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  return query
    select k.version, k.key_id, k.root_key_id, k.created_at, null::timestamptz, null::integer
    from tenant_key k where k.tenant_id = p_tenant
    union all
    select null, null, null, null, d.destroyed_at, d.versions from destroyed_tenant d where d.tenant_id = p_tenant
    order by 1;
end $$;

do $$
begin
  alter function list_keys(uuid) security definer;
  execute format('alter function list_keys(uuid) set search_path = %I, pg_temp', current_schema());
  revoke execute on function list_keys(uuid) from public;
  execute format('grant execute on function list_keys(uuid) to %I', current_schema() || '_app');
end $$;
