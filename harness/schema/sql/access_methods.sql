select
    'access method' as kind,
    null as schema,
    null as "table",
    a.amname as name,
    null as signature,
    'pg_catalog.pg_am'::pg_catalog.regclass::pg_catalog.oid as classid,
    a.oid as objid,
    0 as objsubid,
    case a.amtype when 't' then 'table' else 'index' end as type,
    a.amhandler::pg_catalog.text as handler
from pg_catalog.pg_am as a
where a.oid >= 16384
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_am'::pg_catalog.regclass and e.objid = a.oid and e.deptype = 'e'
    )
