select
    'conversion' as kind,
    n.nspname as schema,
    null as "table",
    c.conname as name,
    null as signature,
    'pg_catalog.pg_conversion'::pg_catalog.regclass::pg_catalog.oid as classid,
    c.oid as objid,
    0 as objsubid,
    pg_catalog.pg_encoding_to_char(c.conforencoding) as source,
    pg_catalog.pg_encoding_to_char(c.contoencoding) as target,
    c.conproc::pg_catalog.text as function,
    case when c.condefault then 'on' end as "default",
    pg_catalog.pg_get_userbyid(c.conowner) as owner
from pg_catalog.pg_conversion as c
join pg_catalog.pg_namespace as n on n.oid = c.connamespace
where n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_conversion'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e'
    )
