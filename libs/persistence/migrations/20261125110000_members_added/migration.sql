-- News of many new members of the current tenant, all of one role. It travels in an order of its own, so that what came
-- later to one of them may have arrived before: what is known of a member already, also that it is one no longer, stays.
create function add_members_access(p_subjects text[], p_role text) returns void language sql volatile as $$
  insert into access_member (tenant_id, subject, roles)
    select current_tenant(), subject, array[p_role] from unnest(p_subjects) as subject
    on conflict (tenant_id, subject) do nothing;
$$;

do $$
declare kernel_function regprocedure := 'add_members_access(text[], text)'::regprocedure;
begin
  execute format('alter function %s set search_path = %I, pg_temp', kernel_function, current_schema());
  execute format('revoke execute on function %s from public', kernel_function);
  execute format('grant execute on function %s to %I', kernel_function, current_schema() || '_app');
  execute format('alter function %s security definer', kernel_function);
end $$;
