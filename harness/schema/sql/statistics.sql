select
    'statistics' as kind,
    n.nspname as schema,
    null as "table",
    s.stxname as name,
    null as signature,
    'pg_catalog.pg_statistic_ext'::pg_catalog.regclass::pg_catalog.oid as classid,
    s.oid as objid,
    0 as objsubid,
    pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(c.relname) as on_table,
    array(
        select case k when 'd' then 'ndistinct' when 'f' then 'dependencies' when 'm' then 'mcv' else 'expressions' end
        from pg_catalog.unnest(s.stxkind) as k
        order by 1
    ) as kinds,
    array(
        select pg_catalog.quote_ident(a.attname)
        from pg_catalog.unnest(s.stxkeys::pg_catalog.int2[]) as k (number)
        join pg_catalog.pg_attribute as a on a.attrelid = s.stxrelid and a.attnum = k.number
        order by 1
    ) as columns,
    pg_catalog.pg_get_statisticsobjdef_expressions(s.oid) as expressions, -- since 14
    nullif(s.stxstattarget, -1)::pg_catalog.text as statistics,
    pg_catalog.pg_get_userbyid(s.stxowner) as owner
from pg_catalog.pg_statistic_ext as s
join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
join pg_catalog.pg_class as c on c.oid = s.stxrelid
join pg_catalog.pg_namespace as cn on cn.oid = c.relnamespace
where n.nspname not like 'pg\_%'
    and s.stxrelid = any (:relations) -- scoped
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass and e.objid = s.oid and e.deptype = 'e'
        -- One by one: a new database has none, and a join would read those of all.
        offset 0 -- scoped
    )
