-- What the reconciler of this service looks at, and what it removes when it is old, besides the kernel's tables.
do $$
declare domain_table text;
begin
  foreach domain_table in array array[
    'invitation', 'user_import', 'user_import_upload', 'user_import_row', 'user_import_failure', 'user_import_batch'
  ] loop
    execute format('create policy reconciler on %I to user_reconciler using (true) with check (true)', domain_table);
    execute format('grant select on %I to user_reconciler', domain_table);
  end loop;
end $$;
grant delete on user_import_upload, user_import_row, user_import_failure, user_import_batch to user_reconciler;
