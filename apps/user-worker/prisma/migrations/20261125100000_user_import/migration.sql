-- Files of users on their way in. An upload is invisible until its import row says which one is meant: one that was
-- aborted, or the loser of two at once, leaves nothing that anybody sees, and is swept by a later one.
create table user_import_upload (
  tenant_id uuid not null,
  upload_id uuid not null,
  began_at timestamptz not null default now(),
  primary key (tenant_id, upload_id)
);

create table user_import (
  tenant_id uuid not null,
  import_id uuid not null,
  upload_id uuid not null,
  -- Tells a repeated upload from another one under the same id.
  content_hash text not null,
  total integer not null,
  imported integer not null default 0,
  failed integer not null,
  created_at timestamptz not null default now(),
  -- From here on batches do nothing.
  closed_at timestamptz,
  primary key (tenant_id, import_id),
  unique (tenant_id, upload_id)
);

-- Rows that may become users; a batch takes them out.
create table user_import_row (
  tenant_id uuid not null,
  upload_id uuid not null,
  row_number integer not null,
  line integer not null,
  email text not null,
  role text not null,
  primary key (tenant_id, upload_id, row_number),
  unique (tenant_id, upload_id, email)
);

-- Rows that did not, and why. Those with an email were good in themselves.
create table user_import_failure (
  tenant_id uuid not null,
  upload_id uuid not null,
  row_number integer not null,
  line integer not null,
  reason text not null,
  content text not null,
  email text,
  role text,
  primary key (tenant_id, upload_id, row_number)
);

-- A batch and its being set aside exclude each other: the first to commit has the row.
create table user_import_batch (
  tenant_id uuid not null,
  import_id uuid not null,
  after_row integer not null,
  processed integer not null,
  failed integer not null,
  set_aside_because text,
  primary key (tenant_id, import_id, after_row)
);

select protect_tenant_table(name::regclass) from unnest(array[
  'user_import_upload', 'user_import', 'user_import_row', 'user_import_failure', 'user_import_batch'
]) as name;
