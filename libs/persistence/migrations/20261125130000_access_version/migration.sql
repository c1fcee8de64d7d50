-- A change of a tenant's status comes to a service twice: as a step of the saga that makes it, and as an event that tells
-- it, which may be late. Changes are numbered by their owner, and an older one never replaces a newer one.
alter table access_tenant add column version bigint not null default 0;

create function change_tenant_access(p_status text, p_version bigint) returns void language sql volatile as $$
  insert into access_tenant as known (tenant_id, status, version) values (current_tenant(), p_status, p_version)
    on conflict (tenant_id) do update
      set status = excluded.status, version = excluded.version, changed_at = now()
      where known.version < excluded.version;
$$;

-- Back to what was there before a change, as long as nothing newer has come. The number stays: the change that is taken
-- back must not come in again by its event.
create function restore_tenant_access(p_status text, p_version bigint) returns void language plpgsql volatile as $$
begin
  if p_status is null then
    delete from access_tenant where tenant_id = current_tenant() and version = p_version;
  else
    update access_tenant set status = p_status, changed_at = now()
      where tenant_id = current_tenant() and version = p_version;
  end if;
end $$;

do $$
declare kernel_function regprocedure;
begin
  foreach kernel_function in array array[
    'change_tenant_access(text, bigint)'::regprocedure, 'restore_tenant_access(text, bigint)'::regprocedure
  ] loop
    execute format('alter function %s set search_path = %I, pg_temp', kernel_function, current_schema());
    execute format('revoke execute on function %s from public', kernel_function);
    execute format('grant execute on function %s to %I', kernel_function, current_schema() || '_app');
    execute format('alter function %s security definer', kernel_function);
  end loop;
end $$;
