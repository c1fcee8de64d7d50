-- Numbers the changes of the status, so that every service can tell a late one from a new one. 0 until it is activated.
alter table tenant add column status_version bigint not null default 0;
update tenant set status_version = 1 where status <> 'pending';
