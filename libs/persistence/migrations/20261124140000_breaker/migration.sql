-- One row per external service that ever failed: the breaker all processes of this service share. It belongs to the
-- platform and not to a tenant (an outage of the other side is everybody's), and holds no data of any.
create table external_breaker (
  external_service text primary key,
  -- Failures in a row while closed.
  failures integer not null default 0,
  -- Null while closed; in the past when a probe may go.
  open_until timestamptz,
  probe uuid,
  probe_until timestamptz
);
alter table external_breaker enable row level security;
alter table external_breaker force row level security;
create policy owner_functions on external_breaker to current_user using (true) with check (true);

-- May a call go? `closed`: yes; `probe`: yes, and it is the only one; `open`: not for wait_ms.
create function breaker_permit(
  p_service text, p_probe_ms integer,
  out verdict text, out wait_ms integer, out probe uuid, out failures integer
) language plpgsql volatile security definer as $$
declare entry external_breaker%rowtype;
begin
  select * into entry from external_breaker b where b.external_service = p_service;
  failures := coalesce(entry.failures, 0);
  if entry.open_until is null then verdict := 'closed'; return; end if;
  if entry.open_until <= clock_timestamp() then
    -- Its row lock and its condition make it one probe, however many ask at once.
    update external_breaker b
      set probe = gen_random_uuid(), probe_until = clock_timestamp() + make_interval(secs => p_probe_ms / 1000.0)
      where b.external_service = p_service and b.open_until <= clock_timestamp()
        and (b.probe_until is null or b.probe_until <= clock_timestamp())
      returning b.probe into breaker_permit.probe;
    if found then verdict := 'probe'; return; end if;
    select * into entry from external_breaker b where b.external_service = p_service;
    if entry.open_until is null then verdict := 'closed'; return; end if;
  end if;
  verdict := 'open';
  -- While a probe is on its way the end may come at any moment: come again soon, at the latest after its lease.
  wait_ms := greatest(1, ceil(extract(epoch from case
    when entry.open_until > clock_timestamp() then entry.open_until - clock_timestamp()
    else least(entry.probe_until - clock_timestamp(), interval '5 seconds') end) * 1000));
end $$;

-- What became of a call. A probe decides alone; what others began before the breaker opened no longer counts.
-- `unknown` (cancelled, never sent) only gives the probe back.
create function breaker_report(
  p_service text, p_outcome text, p_probe uuid, p_threshold integer, p_open_ms integer,
  out opened boolean, out failures integer
) language plpgsql volatile security definer as $$
begin
  opened := false;
  failures := 0;
  if p_probe is not null then
    update external_breaker b
      set probe = null, probe_until = null,
          failures = case p_outcome when 'ok' then 0 else b.failures end,
          open_until = case p_outcome
            when 'ok' then null
            when 'failed' then clock_timestamp() + make_interval(secs => p_open_ms / 1000.0)
            else b.open_until end
      where b.external_service = p_service and b.probe = p_probe
      returning b.open_until > clock_timestamp() into opened;
    opened := coalesce(opened, false);
  elsif p_outcome = 'ok' then
    update external_breaker b set failures = 0
      where b.external_service = p_service and b.open_until is null and b.failures > 0;
  elsif p_outcome = 'failed' then
    insert into external_breaker as b (external_service, failures, open_until)
      values (p_service, 1, case when p_threshold <= 1
                              then clock_timestamp() + make_interval(secs => p_open_ms / 1000.0) end)
      on conflict (external_service) do update
        set failures = b.failures + 1,
            open_until = case when b.failures + 1 >= p_threshold
                           then clock_timestamp() + make_interval(secs => p_open_ms / 1000.0) end
        where b.open_until is null
      returning b.open_until is not null, b.failures into opened, breaker_report.failures;
    -- No row: it was open before, and this call belongs to the time before that.
    opened := coalesce(opened, true);
    failures := coalesce(failures, p_threshold);
  end if;
end $$;

do $$
declare kernel_function regprocedure;
begin
  for kernel_function in
    select p.oid::regprocedure from pg_proc p
      where p.pronamespace = current_schema()::regnamespace and p.proname in ('breaker_permit', 'breaker_report')
  loop
    execute format('alter function %s set search_path = %I, pg_temp', kernel_function, current_schema());
    execute format('revoke execute on function %s from public', kernel_function);
    execute format('grant execute on function %s to %I', kernel_function, current_schema() || '_app');
  end loop;
end $$;
