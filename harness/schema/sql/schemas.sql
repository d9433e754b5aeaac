select
    'schema' as kind,
    null as schema,
    null as "table",
    n.nspname as name,
    null as signature,
    'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid as classid,
    n.oid as objid,
    0 as objsubid,
    -- The server itself owns `public`, by a role that changed with version 15.
    case when n.oid >= 16384 or n.nspowner >= 16384 then pg_catalog.pg_get_userbyid(n.nspowner) end as owner
from pg_catalog.pg_namespace as n
where n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and e.objid = n.oid and e.deptype = 'e'
    )
