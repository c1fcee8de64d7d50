-- What is there of a tenant in this service, for whoever takes it away: both look into the catalogue, so that a table that
-- is added later cannot be forgotten.

-- The tables of the service itself. Those that refer to others come first: in this order their rows can be deleted.
create function domain_tables() returns setof text language sql stable as $$
  with recursive tables as (
    select c.oid, c.relname::text as name from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
      where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
        and c.relname <> all (array[
          'step_ledger', 'access_tenant', 'access_member', 'audit_pending', 'audit', 'audit_head', 'outbox',
          'outbox_sequence', 'inbox', 'inbox_position', 'rate_limit', 'rate_plan'])
  ), depth as (
    select oid, name, 0 as n from tables
    union all
    select t.oid, t.name, d.n + 1 from depth d
      join pg_constraint f on f.contype = 'f' and f.conrelid = d.oid and f.confrelid <> d.oid
      join tables t on t.oid = f.confrelid
      -- Of two that refer to each other neither can be first; deleting them is for a migration to make possible.
      where d.n < 10
  )
  select name from depth group by name order by max(n), name;
$$;

-- Rows of one of these tables, of the current tenant, in the order of their key. p_after is the last row of the page
-- before. Row security applies: it runs as whoever asks.
create function export_rows(p_table text, p_after jsonb, p_most integer) returns setof jsonb
  language plpgsql stable as $$
declare key_columns text;
begin
  if p_table not in (select domain_tables()) then
    raise exception '% is no table of this service', p_table using errcode = '22023';
  end if;
  select string_agg(quote_ident(a.attname), ', ' order by k.place) into key_columns
    from pg_index i cross join unnest(i.indkey) with ordinality as k (attnum, place)
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
    where i.indrelid = quote_ident(p_table)::regclass and i.indisprimary;
  return query execute format(
    'select to_jsonb(t) from %1$I t
       where $1 is null or (%2$s) > (select %2$s from jsonb_populate_record(null::%1$I, $1)) order by %2$s limit $2',
    p_table, key_columns) using p_after, p_most;
end $$;

-- Takes rows of the current tenant away, p_most at a time; 0 when nothing is left. What stays is what its design keeps:
-- - the audit, which nobody can cut;
-- - the ledger, which keeps late attempts from acting, without what was put in and came out; of p_operation, the one
--   that removes, also that;
-- - the tenant's status, by which whatever comes late is denied and not held for early.
create function remove_rows(p_operation text, p_most integer) returns integer language plpgsql volatile as $$
declare
  name text;
  removed integer;
begin
  for name in select domain_tables() union all select unnest(array[
    'access_member', 'outbox', 'outbox_sequence', 'inbox', 'inbox_position', 'rate_limit', 'rate_plan'])
  loop
    execute format('delete from %1$I where ctid = any (array(
      select ctid from %1$I where tenant_id = current_tenant() limit $1))', name) using p_most;
    get diagnostics removed = row_count;
    if removed > 0 then return removed; end if;
  end loop;
  update step_ledger set input = null, output = null where ctid = any (array(
    select ctid from step_ledger
      where tenant_id = current_tenant() and operation_id <> p_operation and (input is not null or output is not null)
      limit p_most));
  get diagnostics removed = row_count;
  return removed;
end $$;

do $$
declare kernel_function regprocedure;
begin
  foreach kernel_function in array array[
    'domain_tables()'::regprocedure, 'export_rows(text, jsonb, integer)'::regprocedure,
    'remove_rows(text, integer)'::regprocedure
  ] loop
    execute format('alter function %s set search_path = %I, pg_temp', kernel_function, current_schema());
    execute format('revoke execute on function %s from public', kernel_function);
    execute format('grant execute on function %s to %I', kernel_function, current_schema() || '_app');
  end loop;
  alter function remove_rows(text, integer) security definer;
end $$;
