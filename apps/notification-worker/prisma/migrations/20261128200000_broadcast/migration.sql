-- Messages to all members of a tenant, and how far each is.
create table broadcast (
  tenant_id uuid not null,
  broadcast_id uuid not null default uuidv7(),
  operation_id text not null,
  subject text not null,
  body text not null,
  channels text[] not null,
  total integer not null,
  sent integer not null default 0,
  failed integer not null default 0,
  created_at timestamptz not null default now(),
  -- From here on batches do nothing.
  closed_at timestamptz,
  primary key (tenant_id, broadcast_id),
  unique (tenant_id, operation_id)
);

-- Members who have no message of it, and why.
create table broadcast_failure (
  tenant_id uuid not null,
  broadcast_id uuid not null,
  user_id uuid not null,
  reason text not null,
  primary key (tenant_id, broadcast_id, user_id)
);

-- A member has one message of a broadcast, in whatever batches its recipients come.
alter table notification add column broadcast_id uuid;
alter table notification add unique (tenant_id, broadcast_id, user_id);

select protect_tenant_table(name::regclass) from unnest(array['broadcast', 'broadcast_failure']) as name;
