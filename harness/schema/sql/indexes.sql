select
    'index' as kind,
    n.nspname as schema,
    c.relname as "table",
    x.relname as name,
    null as signature,
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid as classid,
    x.oid as objid,
    0 as objsubid,
    am.amname as method,
    case when i.indisunique then 'on' end as "unique",
    array(
        select
            case when k.number = 0
                then pg_catalog.pg_get_indexdef(i.indexrelid, k.position::pg_catalog.int4, false)
                else pg_catalog.quote_ident(a.attname)
            end
            || case when k.collation_oid = 0 or k.collation_oid = coalesce(a.attcollation, xa.attcollation) then '' else
                ' collate ' || (
                    select pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
                    from pg_catalog.pg_collation as co
                    join pg_catalog.pg_namespace as cn on cn.oid = co.collnamespace
                    where co.oid = k.collation_oid
                )
            end
            || case when oc.opcdefault and xa.attoptions is null then '' else
                ' ' || case when ocn.nspname = 'pg_catalog' then '' else pg_catalog.quote_ident(ocn.nspname) || '.' end
                || pg_catalog.quote_ident(oc.opcname)
            end
            || coalesce('(' || pg_catalog.array_to_string(xa.attoptions, ', ') || ')', '')
            || case k.options & 3 when 0 then '' when 1 then ' desc nulls last' when 2 then ' nulls first' else ' desc' end
        from rows from (
            pg_catalog.unnest(i.indkey::pg_catalog.int2[]),
            pg_catalog.unnest(i.indclass::pg_catalog.oid[]),
            pg_catalog.unnest(i.indcollation::pg_catalog.oid[]),
            pg_catalog.unnest(i.indoption::pg_catalog.int2[])
        ) with ordinality as k (number, class, collation_oid, options, position)
        join pg_catalog.pg_opclass as oc on oc.oid = k.class
        join pg_catalog.pg_namespace as ocn on ocn.oid = oc.opcnamespace
        join pg_catalog.pg_attribute as xa on xa.attrelid = i.indexrelid and xa.attnum = k.position
        left join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number and k.number <> 0
        where k.position <= i.indnkeyatts
        order by k.position
    ) as columns,
    case when i.indnatts > i.indnkeyatts then array(
        select pg_catalog.quote_ident(a.attname)
        from pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality as k (number, position)
        join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
        where k.position > i.indnkeyatts
        order by k.position
    ) end as include,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate,
    case when i.indnullsnotdistinct then 'on' end as nulls_not_distinct, -- since 15
    case when not (i.indisvalid and i.indisready and i.indislive) then 'invalid' end as valid,
    nullif(array(select p from pg_catalog.unnest(x.reloptions) as p order by 1), '{}') as options,
    nullif(
        array(
            select xa.attnum || ': ' || xa.attstattarget
            from pg_catalog.pg_attribute as xa
            where xa.attrelid = i.indexrelid and xa.attstattarget >= 0
            order by xa.attnum
        ),
        '{}'
    ) as statistics,
    ts.spcname as tablespace,
    case when i.indisclustered then 'on' end as clustered
from pg_catalog.pg_index as i
join pg_catalog.pg_class as x on x.oid = i.indexrelid
join pg_catalog.pg_class as c on c.oid = i.indrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_am as am on am.oid = x.relam
left join pg_catalog.pg_tablespace as ts on ts.oid = x.reltablespace
where c.relkind in ('r', 'p', 'm')
    and i.indrelid = any (:relations) -- scoped
    and c.relpersistence <> 't'
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    -- The index of a constraint is the constraint's.
    and not exists (
        select from pg_catalog.pg_constraint as o
        where o.conrelid = i.indrelid and o.conindid = i.indexrelid and o.contype in ('p', 'u', 'x')
    )
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid in (c.oid, x.oid) and e.deptype = 'e'
    )
