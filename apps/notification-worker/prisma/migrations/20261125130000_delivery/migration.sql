-- A message that is delivered elsewhere only is in nobody's list.
alter table notification add column in_app boolean not null default true;

-- The one delivery of a message to each place: its mailbox, or an endpoint of the tenant. How it is doing is its
-- process's to say.
create table notification_delivery (
  tenant_id uuid not null,
  notification_id uuid not null,
  -- `email`, or the id of an endpoint.
  place text not null,
  operation_id text not null,
  begun_at timestamptz not null default now(),
  primary key (tenant_id, notification_id, place),
  foreign key (tenant_id, notification_id) references notification (tenant_id, notification_id) on delete cascade
);

select protect_tenant_table('notification_delivery');
