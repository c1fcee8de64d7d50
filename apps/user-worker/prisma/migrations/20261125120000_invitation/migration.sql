-- Who was invited is a user already, so that nobody else gets the address; but one without access rows.
alter table app_user add column status text not null default 'active' check (status in ('invited', 'active'));

-- The token itself is nowhere: it is in a mail. An undone invitation has no row, and its token opens nothing.
create table invitation (
  tenant_id uuid not null,
  operation_id text not null,
  user_id uuid not null,
  -- SHA-256, base64url.
  token_hash text not null,
  created_at timestamptz not null default now(),
  accepted_at timestamptz,
  primary key (tenant_id, operation_id),
  unique (tenant_id, user_id)
);

select protect_tenant_table('invitation');
