-- The tamper-evident audit: what audit_pending collects is numbered per tenant and chained by a MAC, a moment later and
-- outside of the effect's transaction, where a chain would put the effects of a tenant in a queue.

create table audit_head (
  tenant_id uuid primary key,
  seq bigint not null,
  mac bytea not null
);

create table audit (
  tenant_id uuid not null,
  seq bigint not null,
  at timestamptz not null,
  execution_key text not null,
  operation_id text not null,
  step text not null,
  actor text not null,
  actor_kind text not null,
  action text not null,
  outcome text not null check (outcome in ('succeeded', 'failed', 'denied', 'undone')),
  detail jsonb,
  mac bytea not null,
  primary key (tenant_id, seq)
);

-- The sealer works for all tenants and on these tables alone: it takes pending entries and appends chained ones. It can
-- neither change nor remove what is chained.
do $$
declare
  sealer text := current_schema() || '_sealer';
  kernel_table text;
begin
  foreach kernel_table in array array['audit_head', 'audit'] loop
    perform protect_tenant_table(kernel_table::regclass);
    execute format('revoke insert, update, delete on %I from %I', kernel_table, current_schema() || '_app');
  end loop;
  foreach kernel_table in array array['audit_head', 'audit', 'audit_pending'] loop
    execute format('create policy sealer on %I to %I using (true) with check (true)', kernel_table, sealer);
  end loop;
  execute format('grant select, delete on audit_pending to %I', sealer);
  execute format('grant select, insert on audit to %I', sealer);
  execute format('grant select, insert, update on audit_head to %I', sealer);
end $$;

-- An attempt that was refused, or that failed for good. Its own transaction: the attempt's was rolled back.
create function audit_attempt(
  p_tenant uuid, p_execution text, p_step text, p_operation text, p_actor text, p_kind text, p_action text,
  p_outcome text, p_detail jsonb
) returns void language plpgsql volatile as $$
begin
  if p_outcome not in ('failed', 'denied') then
    raise exception 'an attempt without an effect has failed or was denied, not %', p_outcome using errcode = '22023';
  end if;
  perform set_config('adx.tenant_id', p_tenant::text, true);
  insert into audit_pending (tenant_id, execution_key, operation_id, step, actor, actor_kind, action, outcome, detail)
    values (p_tenant, p_execution, p_operation, p_step, p_actor, p_kind, p_action, p_outcome, p_detail);
end $$;

do $$
declare
  signature regprocedure := 'audit_attempt(uuid, text, text, text, text, text, text, text, jsonb)'::regprocedure;
begin
  execute format('alter function %s security definer set search_path = %I, pg_temp', signature, current_schema());
  execute format('revoke execute on function %s from public', signature);
  execute format('grant execute on function %s to %I', signature, current_schema() || '_app');
end $$;
