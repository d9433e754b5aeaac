select
    'domain constraint' as kind,
    n.nspname as schema,
    t.typname as "table",
    o.conname as name,
    null as signature,
    'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid as classid,
    o.oid as objid,
    0 as objsubid,
    pg_catalog.pg_get_expr(o.conbin, 0) as expression,
    case when not o.convalidated then 'not valid' end as validated
from pg_catalog.pg_constraint as o
join pg_catalog.pg_type as t on t.oid = o.contypid
join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
where o.contypid <> 0
    and o.contypid = any (:types) -- scoped
    and o.contype = 'c'
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and e.objid = t.oid and e.deptype = 'e'
    )
