select
    'text search parser' as kind,
    n.nspname as schema,
    null as "table",
    p.prsname as name,
    null as signature,
    'pg_catalog.pg_ts_parser'::pg_catalog.regclass::pg_catalog.oid as classid,
    p.oid as objid,
    0 as objsubid,
    p.prsstart::pg_catalog.text as start,
    p.prstoken::pg_catalog.text as token,
    p.prsend::pg_catalog.text as "end",
    p.prsheadline::pg_catalog.text as headline,
    p.prslextype::pg_catalog.text as lextypes
from pg_catalog.pg_ts_parser as p
join pg_catalog.pg_namespace as n on n.oid = p.prsnamespace
where n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_ts_parser'::pg_catalog.regclass and e.objid = p.oid and e.deptype = 'e'
    )
