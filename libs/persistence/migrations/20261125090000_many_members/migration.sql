-- Access for many members in one statement, of the current tenant and of no other: one call for each would be most of
-- the time of an import. Subject n gets role n. Returns how many there were.
create function grant_members_access(p_subjects text[], p_roles text[]) returns integer language sql volatile as $$
  with granted as (
    insert into access_member (tenant_id, subject, roles)
      select current_tenant(), subject, array[role] from unnest(p_subjects, p_roles) as member (subject, role)
      on conflict (tenant_id, subject) do update set roles = excluded.roles, changed_at = now()
      returning 1
  )
  select count(*)::integer from granted;
$$;

do $$
declare kernel_function regprocedure := 'grant_members_access(text[], text[])'::regprocedure;
begin
  execute format('alter function %s set search_path = %I, pg_temp', kernel_function, current_schema());
  execute format('revoke execute on function %s from public', kernel_function);
  execute format('grant execute on function %s to %I', kernel_function, current_schema() || '_app');
  execute format('alter function %s security definer', kernel_function);
end $$;
