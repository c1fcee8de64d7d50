create table channel (
  tenant_id uuid not null,
  channel_id uuid not null,
  user_id uuid not null,
  kind text not null check (kind in ('email')),
  address text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, channel_id),
  unique (tenant_id, user_id, kind)
);

select protect_tenant_table('channel');
