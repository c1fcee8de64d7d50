-- Messages to members. The ids grow with time: they are the order of a member's list.
create table notification (
  tenant_id uuid not null,
  notification_id uuid not null,
  user_id uuid not null,
  subject text not null,
  body text not null,
  sent_at timestamptz not null default now(),
  primary key (tenant_id, notification_id)
);

create index notification_of_user on notification (tenant_id, user_id, notification_id);

select protect_tenant_table('notification');
