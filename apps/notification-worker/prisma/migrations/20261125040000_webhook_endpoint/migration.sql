-- Where a tenant wants to be told of events. The secret is a name: its value is in the environment or in a file.
create table webhook_endpoint (
  tenant_id uuid not null,
  endpoint_id uuid not null,
  url text not null check (url like 'https://%'),
  secret_name text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, endpoint_id),
  unique (tenant_id, url)
);

select protect_tenant_table('webhook_endpoint');
