select
    'domain' as kind,
    n.nspname as schema,
    null as "table",
    t.typname as name,
    null as signature,
    'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid as classid,
    t.oid as objid,
    0 as objsubid,
    pg_catalog.format_type(t.typbasetype, t.typtypmod) as type,
    case when t.typnotnull then 'not null' else 'null' end as nullable,
    coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 0), t.typdefault) as "default",
    case when t.typcollation <> b.typcollation then
        pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
    end as collation,
    pg_catalog.pg_get_userbyid(t.typowner) as owner
from pg_catalog.pg_type as t
join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
join pg_catalog.pg_type as b on b.oid = t.typbasetype
left join pg_catalog.pg_collation as co on co.oid = t.typcollation
left join pg_catalog.pg_namespace as cn on cn.oid = co.collnamespace
where t.typtype = 'd'
    and t.oid = any (:types) -- scoped
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and e.objid = t.oid and e.deptype = 'e'
    )
