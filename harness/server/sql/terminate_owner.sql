-- Ends what a dead owner's sessions are still doing: a CREATE DATABASE goes on after its client has died.
select pg_catalog.pg_terminate_backend(a.pid)
from pg_catalog.pg_stat_activity a
where a.application_name = %(application)s
  and a.usename = current_user
  and a.pid <> pg_catalog.pg_backend_pid()
