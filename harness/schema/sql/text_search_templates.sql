select
    'text search template' as kind,
    n.nspname as schema,
    null as "table",
    t.tmplname as name,
    null as signature,
    'pg_catalog.pg_ts_template'::pg_catalog.regclass::pg_catalog.oid as classid,
    t.oid as objid,
    0 as objsubid,
    t.tmplinit::pg_catalog.text as init,
    t.tmpllexize::pg_catalog.text as lexize
from pg_catalog.pg_ts_template as t
join pg_catalog.pg_namespace as n on n.oid = t.tmplnamespace
where n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_ts_template'::pg_catalog.regclass and e.objid = t.oid and e.deptype = 'e'
    )
