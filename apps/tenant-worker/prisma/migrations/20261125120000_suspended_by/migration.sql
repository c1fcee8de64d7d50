-- Who made the last suspension: a payment lifts one that the service made itself, and none that an operator made.
alter table tenant add column suspended_by text check (suspended_by in ('operator', 'service'));
