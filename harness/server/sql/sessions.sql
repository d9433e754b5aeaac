-- The number of sessions that keep a database from being dropped or cloned; background workers end by themselves.
select pg_catalog.count(*)
from pg_catalog.pg_stat_activity a
where a.datname = %(name)s
  and a.pid <> pg_catalog.pg_backend_pid()
