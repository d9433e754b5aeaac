select
    case c.relkind when 'f' then 'foreign table' else 'table' end as kind,
    n.nspname as schema,
    null as "table",
    c.relname as name,
    null as signature,
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid as classid,
    c.oid as objid,
    0 as objsubid,
    case c.relpersistence when 'p' then 'permanent' when 'u' then 'unlogged' end as persistence,
    case when c.relkind = 'p' then pg_catalog.pg_get_partkeydef(c.oid) end as partition_key,
    case when c.relispartition then
        'of ' || parents.names[1] || ' ' || pg_catalog.pg_get_expr(c.relpartbound, c.oid)
    end as partition,
    case when not c.relispartition then parents.names end as inherits,
    am.amname as access_method,
    nullif(
        array(
            select o from pg_catalog.unnest(c.reloptions) as o
            union all
            select 'toast.' || o from pg_catalog.unnest(toast.reloptions) as o
            order by 1
        ),
        '{}'
    ) as options,
    case c.relreplident
        when 'f' then 'full'
        when 'n' then 'nothing'
        when 'i' then (
            select 'index ' || pg_catalog.quote_ident(x.relname)
            from pg_catalog.pg_index as i
            join pg_catalog.pg_class as x on x.oid = i.indexrelid
            where i.indrelid = c.oid and i.indisreplident
        )
    end as replica_identity,
    case when c.relrowsecurity then 'on' end as row_security,
    case when c.relforcerowsecurity then 'on' end as force_row_security,
    ts.spcname as tablespace,
    case when c.reloftype <> 0 then pg_catalog.format_type(c.reloftype, null) end as of_type,
    server.srvname as server,
    array(select o from pg_catalog.unnest(f.ftoptions) as o order by 1) as server_options,
    pg_catalog.pg_get_userbyid(c.relowner) as owner
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_am as am on am.oid = c.relam
left join pg_catalog.pg_tablespace as ts on ts.oid = c.reltablespace
left join pg_catalog.pg_class as toast on toast.oid = c.reltoastrelid
left join pg_catalog.pg_foreign_table as f on f.ftrelid = c.oid
left join pg_catalog.pg_foreign_server as server on server.oid = f.ftserver
left join (
    select
        i.inhrelid,
        pg_catalog.array_agg(
            pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.relname) order by i.inhseqno
        ) as names
    from pg_catalog.pg_inherits as i
    join pg_catalog.pg_class as p on p.oid = i.inhparent
    join pg_catalog.pg_namespace as pn on pn.oid = p.relnamespace
    where p.relkind in ('r', 'p', 'f')
        and i.inhrelid = any (:relations) -- scoped
    group by i.inhrelid
) as parents on parents.inhrelid = c.oid
where c.relkind in ('r', 'p', 'f')
    and c.oid = any (:relations) -- scoped
    and c.relpersistence <> 't'
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e'
    )
