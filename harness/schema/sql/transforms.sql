select
    'transform' as kind,
    null as schema,
    null as "table",
    pg_catalog.format_type(t.trftype, null) || ' for ' || l.lanname as name,
    null as signature,
    'pg_catalog.pg_transform'::pg_catalog.regclass::pg_catalog.oid as classid,
    t.oid as objid,
    0 as objsubid,
    case when t.trffromsql <> 0 then t.trffromsql::pg_catalog.text end as from_sql,
    case when t.trftosql <> 0 then t.trftosql::pg_catalog.text end as to_sql
from pg_catalog.pg_transform as t
join pg_catalog.pg_language as l on l.oid = t.trflang
where not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_transform'::pg_catalog.regclass and e.objid = t.oid and e.deptype = 'e'
    )
