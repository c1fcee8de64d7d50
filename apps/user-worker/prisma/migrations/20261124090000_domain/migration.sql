create table app_user (
  tenant_id uuid not null,
  user_id uuid not null,
  email text not null,
  role text not null check (role in ('owner', 'member')),
  created_at timestamptz not null default now(),
  primary key (tenant_id, user_id),
  unique (tenant_id, email)
);

select protect_tenant_table('app_user');
