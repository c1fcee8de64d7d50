create table tenant (
  tenant_id uuid primary key,
  slug text not null,
  name text not null,
  plan text not null check (plan in ('free', 'team', 'enterprise')),
  status text not null check (status in ('pending', 'active', 'suspended')),
  owner_id uuid,
  created_at timestamptz not null default now(),
  activated_at timestamptz
);

-- The one key that spans tenants: two of them must not claim the same host name.
create unique index tenant_slug_key on tenant (slug);

select protect_tenant_table('tenant');
