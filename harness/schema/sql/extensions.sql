select
    'extension' as kind,
    null as schema,
    null as "table",
    e.extname as name,
    null as signature,
    'pg_catalog.pg_extension'::pg_catalog.regclass::pg_catalog.oid as classid,
    e.oid as objid,
    0 as objsubid,
    n.nspname as installed_in,
    e.extversion as version
from pg_catalog.pg_extension as e
join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
-- Every database has it from the start.
where e.extname <> 'plpgsql'
