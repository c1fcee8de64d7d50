-- The undo of an external effect is a call, too: it holds a lease, outside any transaction. While it is `undoing`, the
-- step's door is closed for every forward attempt: `start_step` and `finish_step` touch `started` rows only.
alter table step_ledger drop constraint step_ledger_state_check;
alter table step_ledger add constraint step_ledger_state_check
  check (state in ('started', 'done', 'undoing', 'undone', 'fenced'));

-- First statement of an external undo: what begin_step says to an undo, and when there is something to undo, the lease
-- of the call that does it. stored_state tells whether the forward call ended (`done`) or nobody knows (`started`).
create function begin_external_undo(
  p_tenant uuid, p_execution text, p_step text, p_operation text, p_activity text, p_attempt integer,
  p_lease_ms integer,
  out verdict text, out stored_state text, out stored_input jsonb, out stored_output jsonb, out wait_ms integer,
  out lease text
) language plpgsql volatile as $$
declare
  entry step_ledger%rowtype;
begin
  select b.verdict, b.stored_state, b.stored_input, b.stored_output, b.wait_ms
    into verdict, stored_state, stored_input, stored_output, wait_ms
    from begin_step('undo', p_tenant, p_execution, p_step, p_operation, p_activity, p_attempt,
                    null, null, '{}', null, null) b;
  if verdict <> 'undo' then return; end if;
  select * into entry from step_ledger
    where tenant_id = p_tenant and execution_key = p_execution and step = p_step;
  if entry.state = 'undoing' and entry.lease_until > clock_timestamp() then
    verdict := 'busy';
    wait_ms := ceil(extract(epoch from entry.lease_until - clock_timestamp()) * 1000);
    return;
  end if;
  update step_ledger s
    set state = 'undoing', lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    where s.tenant_id = p_tenant and s.execution_key = p_execution and s.step = p_step
      and (s.state = 'done' or (s.state in ('started', 'undoing') and s.lease_until <= clock_timestamp()))
    returning s.lease_until::text into lease;
  -- A late answer of the forward call needs no lock, so it may have come between: the next attempt sees it.
  if lease is null then verdict := 'busy'; return; end if;
  stored_state := case when entry.ended_at is null then 'started' else 'done' end;
end $$;

-- First statement of the transaction that ends an external undo: gives the row back to finish_step, which writes
-- `undone` and the audit entry. Raises ADX01 when another attempt holds the lease or has ended the undo.
create function hold_external_undo(p_tenant uuid, p_execution text, p_step text, p_lease text)
  returns void language plpgsql volatile as $$
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  update step_ledger set state = 'done'
    where tenant_id = p_tenant and execution_key = p_execution and step = p_step and state = 'undoing'
      and (lease_until = p_lease::timestamptz or lease_until <= clock_timestamp());
  if not found then raise exception 'the undo is no longer ours' using errcode = 'ADX01'; end if;
end $$;

-- A call that failed for certain lets the next attempt begin at once. The door stays closed.
create function release_external_undo(p_tenant uuid, p_execution text, p_step text, p_lease text)
  returns void language plpgsql volatile as $$
begin
  perform set_config('adx.tenant_id', p_tenant::text, true);
  update step_ledger set lease_until = clock_timestamp()
    where tenant_id = p_tenant and execution_key = p_execution and step = p_step and state = 'undoing'
      and lease_until = p_lease::timestamptz;
end $$;

do $$
declare kernel_function regprocedure;
begin
  for kernel_function in
    select p.oid::regprocedure from pg_proc p
      where p.pronamespace = current_schema()::regnamespace
        and p.proname in ('begin_external_undo', 'hold_external_undo', 'release_external_undo')
  loop
    execute format('alter function %s set search_path = %I, pg_temp', kernel_function, current_schema());
    execute format('revoke execute on function %s from public', kernel_function);
    execute format('grant execute on function %s to %I', kernel_function, current_schema() || '_app');
    execute format('alter function %s security definer', kernel_function);
  end loop;
end $$;
