select
    'trigger' as kind,
    n.nspname as schema,
    c.relname as "table",
    t.tgname as name,
    null as signature,
    'pg_catalog.pg_trigger'::pg_catalog.regclass::pg_catalog.oid as classid,
    t.oid as objid,
    0 as objsubid,
    case when t.tgtype & 64 <> 0 then 'instead of' when t.tgtype & 2 <> 0 then 'before' else 'after' end as timing,
    case when t.tgtype & 1 <> 0 then 'row' else 'statement' end as level,
    pg_catalog.array_remove(
        array[
            case when t.tgtype & 4 <> 0 then 'insert' end,
            case when t.tgtype & 8 <> 0 then 'delete' end,
            case when t.tgtype & 16 <> 0 then 'update' end,
            case when t.tgtype & 32 <> 0 then 'truncate' end
        ],
        null
    ) as events,
    nullif(
        array(
            select a.attname::pg_catalog.text
            from pg_catalog.unnest(t.tgattr::pg_catalog.int2[]) as k (number)
            join pg_catalog.pg_attribute as a on a.attrelid = t.tgrelid and a.attnum = k.number
            order by 1
        ),
        '{}'
    ) as columns,
    -- pg_get_expr cannot print a condition on both OLD and NEW.
    case when t.tgqual is not null then
        pg_catalog.substring(pg_catalog.pg_get_triggerdef(t.oid, false), ' WHEN \((.*)\) EXECUTE (?:FUNCTION|PROCEDURE) ')
    end as condition,
    t.tgfoid::pg_catalog.regproc::pg_catalog.text as function,
    case when t.tgnargs > 0 then pg_catalog.encode(t.tgargs, 'escape') end as arguments,
    t.tgoldtable as old_table,
    t.tgnewtable as new_table,
    case when t.tgconstraint <> 0 then 'on' end as "constraint",
    case when t.tgconstrrelid <> 0 then t.tgconstrrelid::pg_catalog.regclass::pg_catalog.text end as constraint_table,
    case
        when t.tginitdeferred then 'deferrable initially deferred'
        when t.tgdeferrable then 'deferrable initially immediate'
    end as "deferrable",
    case t.tgenabled
        when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always'
    end as enabled
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
-- Before version 15 the copies that partitions get of a row trigger were marked as internal.
where (not t.tgisinternal or (t.tgparentid <> 0 and t.tgconstraint = 0))
    and t.tgrelid = any (:relations) -- scoped
    and c.relpersistence <> 't'
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.deptype = 'e'
            and (
                (e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid)
                or (e.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and e.objid = t.oid)
            )
    )
