-- A user who is being erased, and by which operation.
create table erasure (
  tenant_id uuid not null,
  user_id uuid not null,
  operation_id text not null,
  began_at timestamptz not null default now(),
  primary key (tenant_id, user_id)
);

select protect_tenant_table('erasure');
