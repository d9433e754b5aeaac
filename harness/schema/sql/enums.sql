select
    'enum' as kind,
    n.nspname as schema,
    null as "table",
    t.typname as name,
    null as signature,
    'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid as classid,
    t.oid as objid,
    0 as objsubid,
    -- In order, but not the sort keys themselves: ADD VALUE ... BEFORE leaves fractions.
    array(
        select l.enumlabel::pg_catalog.text from pg_catalog.pg_enum as l where l.enumtypid = t.oid order by l.enumsortorder
    ) as labels,
    pg_catalog.pg_get_userbyid(t.typowner) as owner
from pg_catalog.pg_type as t
join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
where t.typtype = 'e'
    and t.oid = any (:types) -- scoped
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and e.objid = t.oid and e.deptype = 'e'
    )
