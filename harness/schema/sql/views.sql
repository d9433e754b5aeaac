select
    case c.relkind when 'v' then 'view' else 'materialized view' end as kind,
    n.nspname as schema,
    null as "table",
    c.relname as name,
    null as signature,
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid as classid,
    c.oid as objid,
    0 as objsubid,
    pg_catalog.pg_get_viewdef(c.oid, false) as definition,
    columns.types as columns,
    columns.defaults as column_defaults,
    columns.statistics as column_statistics,
    columns.storage as column_storage,
    columns.comments as column_comments,
    nullif(array(select o from pg_catalog.unnest(c.reloptions) as o order by 1), '{}') as options,
    case when c.relkind = 'm' and not c.relispopulated then 'not populated' end as populated,
    am.amname as access_method,
    ts.spcname as tablespace,
    pg_catalog.pg_get_userbyid(c.relowner) as owner
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_am as am on am.oid = c.relam
left join pg_catalog.pg_tablespace as ts on ts.oid = c.reltablespace
cross join lateral (
    select
        pg_catalog.array_agg(
            pg_catalog.quote_ident(a.attname) || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod) || coalesce(
                case when a.attcollation <> t.typcollation then
                    ' collate ' || pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
                end,
                ''
            )
            order by a.attnum
        ) as types,
        pg_catalog.array_agg(
            pg_catalog.quote_ident(a.attname) || ': ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) order by a.attnum
        ) filter (where d.adbin is not null) as defaults,
        pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) || ': ' || a.attstattarget order by a.attnum)
        filter (where a.attstattarget >= 0) as statistics,
        pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) || ': ' || a.attstorage::pg_catalog.text order by a.attnum)
        filter (where c.relkind = 'm' and a.attstorage <> t.typstorage) as storage,
        pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) || ': ' || m.description order by a.attnum)
        filter (where m.description is not null) as comments
    from pg_catalog.pg_attribute as a
    join pg_catalog.pg_type as t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join pg_catalog.pg_collation as co on co.oid = a.attcollation
    left join pg_catalog.pg_namespace as cn on cn.oid = co.collnamespace
    left join pg_catalog.pg_description as m
        on m.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and m.objoid = c.oid and m.objsubid = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
) as columns
where c.relkind in ('v', 'm')
    and c.oid = any (:relations) -- scoped
    and c.relpersistence <> 't'
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e'
    )
