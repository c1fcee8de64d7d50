-- The operation that is changing the tenant's status, if any: a semantic lock. It is no lock of the database, because it
-- outlives every transaction of that operation.
alter table tenant add column locked_by text;
