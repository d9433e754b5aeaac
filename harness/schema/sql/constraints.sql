select
    case o.contype
        when 'p' then 'primary key'
        when 'u' then 'unique constraint'
        when 'f' then 'foreign key'
        when 'c' then 'check constraint'
        when 'x' then 'exclusion constraint'
    end as kind,
    n.nspname as schema,
    c.relname as "table",
    o.conname as name,
    null as signature,
    'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid as classid,
    o.oid as objid,
    0 as objsubid,
    case when o.contype in ('p', 'u', 'f') then array(
        select a.attname::pg_catalog.text
        from pg_catalog.unnest(o.conkey) with ordinality as k (number, position)
        join pg_catalog.pg_attribute as a on a.attrelid = o.conrelid and a.attnum = k.number
        order by k.position
    ) end as columns,
    case when i.indnatts > i.indnkeyatts then array(
        select a.attname::pg_catalog.text
        from pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality as k (number, position)
        join pg_catalog.pg_attribute as a on a.attrelid = o.conrelid and a.attnum = k.number
        where k.position > i.indnkeyatts
        order by k.position
    ) end as include,
    case when i.indnullsnotdistinct then 'on' end as nulls_not_distinct, -- since 15
    case when o.conperiod then 'on' end as period, -- since 18
    case when o.contype = 'x' then array(
        select
            pg_catalog.pg_get_indexdef(i.indexrelid, k.position::pg_catalog.int4, false)
            || coalesce(
                case when a.attcollation is distinct from k.collation_oid and k.collation_oid <> 0 then
                    ' collate ' || pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
                end,
                ''
            )
            || case when oc.opcdefault then '' else
                ' ' || pg_catalog.quote_ident(ocn.nspname) || '.' || pg_catalog.quote_ident(oc.opcname)
            end
            || ' with ' || case when opn.nspname = 'pg_catalog' then '' else pg_catalog.quote_ident(opn.nspname) || '.' end
            || op.oprname
        from rows from (
            pg_catalog.unnest(i.indkey::pg_catalog.int2[]),
            pg_catalog.unnest(i.indclass::pg_catalog.oid[]),
            pg_catalog.unnest(i.indcollation::pg_catalog.oid[]),
            pg_catalog.unnest(o.conexclop)
        ) with ordinality as k (number, class, collation_oid, operator, position)
        join pg_catalog.pg_opclass as oc on oc.oid = k.class
        join pg_catalog.pg_namespace as ocn on ocn.oid = oc.opcnamespace
        join pg_catalog.pg_operator as op on op.oid = k.operator
        join pg_catalog.pg_namespace as opn on opn.oid = op.oprnamespace
        left join pg_catalog.pg_attribute as a on a.attrelid = o.conrelid and a.attnum = k.number and k.number <> 0
        left join pg_catalog.pg_collation as co on co.oid = k.collation_oid
        left join pg_catalog.pg_namespace as cn on cn.oid = co.collnamespace
        order by k.position
    ) end as elements,
    case when o.contype = 'x' then am.amname end as method,
    case when o.contype = 'x' then pg_catalog.pg_get_expr(i.indpred, i.indrelid) end as predicate,
    case when o.contype = 'c' then pg_catalog.pg_get_expr(o.conbin, o.conrelid) end as expression,
    -- For the other kinds it follows from how a partition was made, and means nothing.
    case when o.contype = 'c' and o.connoinherit then 'on' end as no_inherit,
    case when o.contype = 'f' then
        pg_catalog.quote_ident(rn.nspname) || '.' || pg_catalog.quote_ident(r.relname)
    end as "references",
    case when o.contype = 'f' then array(
        select a.attname::pg_catalog.text
        from pg_catalog.unnest(o.confkey) with ordinality as k (number, position)
        join pg_catalog.pg_attribute as a on a.attrelid = o.confrelid and a.attnum = k.number
        order by k.position
    ) end as references_columns,
    case o.confupdtype
        when 'a' then 'no action' when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'set null'
        when 'd' then 'set default'
    end as on_update,
    case o.confdeltype
        when 'a' then 'no action' when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'set null'
        when 'd' then 'set default'
    end as on_delete,
    case when o.confdelsetcols is not null then array( -- since 15
        select a.attname::pg_catalog.text -- since 15
        from pg_catalog.pg_attribute as a -- since 15
        where a.attrelid = o.conrelid and a.attnum = any (o.confdelsetcols) -- since 15
        order by a.attname -- since 15
    ) end as on_delete_columns, -- since 15
    case o.confmatchtype when 'f' then 'full' when 'p' then 'partial' end as match,
    case
        when o.condeferred then 'deferrable initially deferred'
        when o.condeferrable then 'deferrable initially immediate'
    end as "deferrable",
    -- A check or foreign key that is not enforced is never valid.
    case when not o.convalidated then 'not valid' end as validated, -- until 17
    case when not o.convalidated and o.conenforced then 'not valid' end as validated, -- since 18
    case when not o.conenforced then 'not enforced' end as enforced, -- since 18
    triggers.own as enabled,
    triggers.at_referenced as enabled_at_referenced,
    nullif(array(select p from pg_catalog.unnest(x.reloptions) as p order by 1), '{}') as options,
    ts.spcname as tablespace,
    case when i.indisclustered then 'on' end as clustered
from pg_catalog.pg_constraint as o
join pg_catalog.pg_class as c on c.oid = o.conrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_class as r on r.oid = o.confrelid
left join pg_catalog.pg_namespace as rn on rn.oid = r.relnamespace
-- A foreign key's conindid is the index that it refers to, which is not its own.
left join pg_catalog.pg_index as i on i.indexrelid = o.conindid and o.contype in ('p', 'u', 'x')
left join pg_catalog.pg_class as x on x.oid = i.indexrelid
left join pg_catalog.pg_am as am on am.oid = x.relam
left join pg_catalog.pg_tablespace as ts on ts.oid = x.reltablespace
left join (
    -- ALTER TABLE ... DISABLE TRIGGER ALL reaches the internal triggers that do a foreign key's work, on either table.
    select
        s.constraint_oid,
        pg_catalog.string_agg(s.state, ', ' order by s.state) filter (where s.is_own) as own,
        pg_catalog.string_agg(s.state, ', ' order by s.state) filter (where not s.is_own)
        as at_referenced
    from (
        select distinct
            (
                -- Where a key refers to a partitioned table, each partition has a constraint of its own below the key's.
                with recursive line as (
                    select k.oid, k.conparentid, 0 as height
                    union all
                    select p.oid, p.conparentid, l.height + 1
                    from line as l
                    join pg_catalog.pg_constraint as p on p.oid = l.conparentid and p.conrelid = k.conrelid
                )
                select l.oid from line as l order by l.height desc limit 1
            ) as constraint_oid,
            t.tgrelid = k.conrelid as is_own,
            case t.tgenabled
                when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always'
            end as state
        from pg_catalog.pg_trigger as t
        join pg_catalog.pg_constraint as k on k.oid = t.tgconstraint
        where t.tgisinternal and t.tgenabled <> 'O'
            and k.conrelid = any (:relations) -- scoped
    ) as s
    group by s.constraint_oid
) as triggers on triggers.constraint_oid = o.oid
where o.contype in ('p', 'u', 'f', 'c', 'x')
    and o.conrelid = any (:relations) -- scoped
    -- What a foreign key to a partitioned table has for each partition there comes and goes with the partition, and is
    -- called as the server pleases.
    and not exists (
        select from pg_catalog.pg_constraint as above where above.oid = o.conparentid and above.conrelid = o.conrelid
    )
    and c.relkind in ('r', 'p', 'f')
    and c.relpersistence <> 't'
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e'
    )
