select
    'composite type' as kind,
    n.nspname as schema,
    null as "table",
    c.relname as name,
    null as signature,
    'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid as classid,
    c.reltype as objid,
    0 as objsubid,
    array(
        select pg_catalog.quote_ident(a.attname) || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod) || coalesce(
            case when a.attcollation <> t.typcollation then
                ' collate ' || pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
            end,
            ''
        )
        from pg_catalog.pg_attribute as a
        join pg_catalog.pg_type as t on t.oid = a.atttypid
        left join pg_catalog.pg_collation as co on co.oid = a.attcollation
        left join pg_catalog.pg_namespace as cn on cn.oid = co.collnamespace
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        order by a.attnum
    ) as attributes,
    nullif(
        array(
            select pg_catalog.quote_ident(a.attname) || ': ' || m.description
            from pg_catalog.pg_description as m
            join pg_catalog.pg_attribute as a on a.attrelid = m.objoid and a.attnum = m.objsubid
            where m.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and m.objoid = c.oid and m.objsubid > 0
            order by a.attnum
        ),
        '{}'
    ) as attribute_comments,
    pg_catalog.pg_get_userbyid(c.relowner) as owner
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'c'
    and c.oid = any (:relations) -- scoped
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and e.objid = c.reltype and e.deptype = 'e'
    )
