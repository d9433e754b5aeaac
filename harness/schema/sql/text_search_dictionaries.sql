select
    'text search dictionary' as kind,
    n.nspname as schema,
    null as "table",
    d.dictname as name,
    null as signature,
    'pg_catalog.pg_ts_dict'::pg_catalog.regclass::pg_catalog.oid as classid,
    d.oid as objid,
    0 as objsubid,
    pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.tmplname) as template,
    d.dictinitoption as options,
    pg_catalog.pg_get_userbyid(d.dictowner) as owner
from pg_catalog.pg_ts_dict as d
join pg_catalog.pg_namespace as n on n.oid = d.dictnamespace
join pg_catalog.pg_ts_template as t on t.oid = d.dicttemplate
join pg_catalog.pg_namespace as tn on tn.oid = t.tmplnamespace
where n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_ts_dict'::pg_catalog.regclass and e.objid = d.oid and e.deptype = 'e'
    )
