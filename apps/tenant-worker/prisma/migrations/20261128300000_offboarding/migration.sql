-- A tenant that leaves. Its row is there from the beginning of the offboarding until the tenant's own goes.
create table offboarding (
  tenant_id uuid primary key references tenant (tenant_id) on delete cascade,
  operation_id text not null,
  -- What a withdrawal goes back to.
  status_before text not null check (status_before in ('active', 'suspended')),
  began_at timestamptz not null,
  -- Until then it can be withdrawn.
  removal_at timestamptz not null
);

select protect_tenant_table('offboarding');
