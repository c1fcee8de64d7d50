-- One subscription per tenant: where its entity is. Its process knows nothing that is not here.
create table subscription (
  tenant_id uuid primary key references tenant (tenant_id) on delete cascade,
  state text not null check (state in ('trial', 'active', 'past-due', 'suspended', 'ended')),
  plan text not null check (plan in ('free', 'team', 'enterprise')),
  due_at timestamptz,
  failed_payments integer not null default 0,
  usage_units bigint not null default 0,
  cancel_at_due boolean not null default false,
  ended_because text check (ended_because in ('event', 'due', 'idle', 'deadline', 'cancelled')),
  -- The number of the next event of those that are numbered, and of events applied so far.
  next_seq integer not null default 1,
  applied integer not null default 0,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  check ((state = 'ended') = (ended_because is not null))
);

-- Every event that was taken, under its sender's name for it: the same id, or the same number, is taken once.
create table subscription_event (
  tenant_id uuid not null references subscription (tenant_id) on delete cascade,
  event_id text not null,
  seq integer check (seq > 0),
  type text not null,
  data jsonb not null,
  status text not null check (status in ('held', 'applied', 'late')),
  -- Its place in the order in which events were applied.
  place integer,
  reported_by text not null,
  received_at timestamptz not null,
  primary key (tenant_id, event_id),
  unique (tenant_id, seq),
  unique (tenant_id, place)
);

select protect_tenant_table('subscription');
select protect_tenant_table('subscription_event');
