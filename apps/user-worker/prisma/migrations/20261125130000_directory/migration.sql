-- Where a tenant's users are listed. The secret is a name: its value is in the environment or in a file.
create table directory (
  tenant_id uuid not null,
  directory_id uuid not null,
  url text not null check (url like 'https://%'),
  secret_name text not null,
  -- The operation that is at it: a second one would take what the first one may yet undo for settled.
  synced_by text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, directory_id),
  unique (tenant_id, url)
);

-- What a sync did to whom, for its undo: without a role before, the user was created. Kept until the next sync of the
-- directory begins.
create table directory_sync_change (
  tenant_id uuid not null,
  operation_id text not null,
  page integer not null,
  user_id uuid not null,
  directory_id uuid not null,
  role_before text,
  role_after text not null,
  primary key (tenant_id, operation_id, page, user_id),
  foreign key (tenant_id, directory_id) references directory (tenant_id, directory_id)
);
create index directory_sync_change_of_directory on directory_sync_change (tenant_id, directory_id);

select protect_tenant_table(name::regclass) from unnest(array['directory', 'directory_sync_change']) as name;
