-- Takes what was put in and came out away from the ledger's rows of every operation that was about a person: of those
-- given, and of those that name the person. The rows stay, as they keep late attempts from acting. p_operation is the one
-- that erases, which knows the person by no more than an id. Returns the operations, for other services to look for.
create function erase_from_ledger(p_subject uuid, p_operation text, p_operations text[]) returns text[]
  language plpgsql volatile as $$
declare about text[];
begin
  select coalesce(array_agg(distinct operation_id), '{}') into about from step_ledger
    where tenant_id = current_tenant() and operation_id <> p_operation
      and (operation_id = any (p_operations)
        or position(p_subject::text in input::text) > 0 or position(p_subject::text in output::text) > 0);
  -- What is under way still needs them; whoever does it was refused before, or is about somebody who is no member.
  update step_ledger set input = null, output = null
    where tenant_id = current_tenant() and operation_id = any (about) and state in ('done', 'undone', 'fenced');
  return about;
end $$;

do $$
declare kernel_function regprocedure := 'erase_from_ledger(uuid, text, text[])'::regprocedure;
begin
  execute format('alter function %s set search_path = %I, pg_temp', kernel_function, current_schema());
  execute format('revoke execute on function %s from public', kernel_function);
  execute format('grant execute on function %s to %I', kernel_function, current_schema() || '_app');
  execute format('alter function %s security definer', kernel_function);
end $$;
