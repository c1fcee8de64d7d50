-- Who looks for what is left over in the rows of all tenants, and removes what is old: of the ledger, and of the numbers
-- that the outbox gave to operations. It changes nothing, and the chain of the audit is not its business.
do $$
declare
  reconciler text := current_schema() || '_reconciler';
  kernel_table text;
begin
  foreach kernel_table in array array['step_ledger', 'outbox', 'outbox_sequence', 'inbox'] loop
    execute format('create policy reconciler on %I to %I using (true) with check (true)', kernel_table, reconciler);
    execute format('grant select on %I to %I', kernel_table, reconciler);
  end loop;
  execute format('grant delete on step_ledger to %I', reconciler);
  -- To lock a row is to update it, in the eyes of Postgres.
  execute format('grant delete, update on outbox_sequence to %I', reconciler);
end $$;

-- Rows are written in the order of their age: a few pages of this say where the old ones are, and cost an effect nothing.
create index step_ledger_age on step_ledger using brin (created_at);
-- Of external effects, and only while one is under way.
create index step_ledger_begun on step_ledger (lease_until) where state in ('started', 'undoing');
