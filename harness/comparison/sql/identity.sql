-- Two URLs may name one database in two ways. A server that was started from a copy of another's files has the other's
-- identifier, but not the moment at which it was started.
select
    c.system_identifier::pg_catalog.text,
    pg_catalog.pg_postmaster_start_time()::pg_catalog.text,
    d.oid::pg_catalog.text
from pg_catalog.pg_control_system() as c
cross join pg_catalog.pg_database as d
where d.datname = pg_catalog.current_database()
