select
    'publication' as kind,
    null as schema,
    null as "table",
    p.pubname as name,
    null as signature,
    'pg_catalog.pg_publication'::pg_catalog.regclass::pg_catalog.oid as classid,
    p.oid as objid,
    0 as objsubid,
    case when p.puballtables then 'on' end as all_tables,
    pg_catalog.array_remove(
        array[
            case when p.pubinsert then 'insert' end,
            case when p.pubupdate then 'update' end,
            case when p.pubdelete then 'delete' end,
            case when p.pubtruncate then 'truncate' end
        ],
        null
    ) as publish,
    case when p.pubviaroot then 'on' end as via_root,
    nullif(p.pubgencols, 'n')::pg_catalog.text as generated_columns, -- since 18
    array(
        select
            pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
            || coalesce( -- since 15
                ' (' || ( -- since 15
                    select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum) -- since 15
                    from pg_catalog.pg_attribute as a -- since 15
                    where a.attrelid = r.prrelid and a.attnum = any (r.prattrs::pg_catalog.int2[]) -- since 15
                ) || ')', -- since 15
                '' -- since 15
            ) -- since 15
            || coalesce(' where ' || pg_catalog.pg_get_expr(r.prqual, r.prrelid), '') -- since 15
        from pg_catalog.pg_publication_rel as r
        join pg_catalog.pg_class as c on c.oid = r.prrelid
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where r.prpubid = p.oid
        order by 1
    ) as tables,
    array( -- since 15
        select n.nspname::pg_catalog.text -- since 15
        from pg_catalog.pg_publication_namespace as r -- since 15
        join pg_catalog.pg_namespace as n on n.oid = r.pnnspid -- since 15
        where r.pnpubid = p.oid -- since 15
        order by 1 -- since 15
    ) as schemas, -- since 15
    pg_catalog.pg_get_userbyid(p.pubowner) as owner
from pg_catalog.pg_publication as p
