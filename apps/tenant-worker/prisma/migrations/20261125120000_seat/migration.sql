-- Seats of invited users: kept from the invitation on, taken when it is accepted. How many there are says the plan.
create table seat (
  tenant_id uuid not null references tenant (tenant_id) on delete cascade,
  user_id uuid not null,
  reserved_at timestamptz not null default now(),
  taken_at timestamptz,
  primary key (tenant_id, user_id)
);

select protect_tenant_table('seat');
