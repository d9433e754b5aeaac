select
    pg_catalog.pg_postmaster_start_time()::pg_catalog.text,
    d.oid::pg_catalog.text
from pg_catalog.pg_database as d
where d.datname = pg_catalog.current_database()
