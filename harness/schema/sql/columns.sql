select
    'column' as kind,
    n.nspname as schema,
    c.relname as "table",
    a.attname as name,
    null as signature,
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid as classid,
    c.oid as objid,
    a.attnum::pg_catalog.int4 as objsubid,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
    case when a.attnotnull then 'not null' else 'null' end as nullable,
    case when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end as "default",
    case when a.attgenerated <> '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end as generated,
    case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end as generated_kind,
    case a.attidentity when 'a' then 'always' when 'd' then 'by default' end as identity,
    s.options as identity_options,
    -- Only what differs from the type's own: it comes and goes with the type otherwise.
    case when a.attcollation <> t.typcollation then
        pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
    end as collation,
    case when a.attstorage <> t.typstorage then
        case a.attstorage
            when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' when 'x' then 'extended'
        end
    end as storage,
    case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end as compression, -- since 14
    nullif(a.attstattarget, -1)::pg_catalog.text as statistics,
    case when a.attoptions is not null then
        array(select o from pg_catalog.unnest(a.attoptions) as o order by 1)
    end as options,
    case when a.attfdwoptions is not null then
        array(select o from pg_catalog.unnest(a.attfdwoptions) as o order by 1)
    end as server_options,
    -- The name that the server would choose, cut to fit when it is too long, says nothing; nor does an inherited one.
    case when nn.coninhcount = 0 and nn.conname <> c.relname || '_' || a.attname || '_not_null' -- since 18
        and pg_catalog.octet_length(c.relname || '_' || a.attname || '_not_null') < 64 -- since 18
        then nn.conname::pg_catalog.text -- since 18
    end as not_null_name, -- since 18
    nullif( -- since 18
        case when nn.connoinherit then ' no inherit' else '' end -- since 18
        || case when not nn.convalidated then ' not valid' else '' end, -- since 18
        '' -- since 18
    ) as not_null_options, -- since 18
    pg_catalog.row_number() over (partition by a.attrelid order by a.attnum)::pg_catalog.text as position
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_type as t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
left join pg_catalog.pg_collation as co on co.oid = a.attcollation and a.attcollation <> t.typcollation
left join pg_catalog.pg_namespace as cn on cn.oid = co.collnamespace
left join pg_catalog.pg_constraint as nn on nn.conrelid = a.attrelid and nn.contype = 'n' and nn.conkey[1] = a.attnum -- since 18
left join (
    select
        i.refobjid,
        i.refobjsubid,
        pg_catalog.format_type(q.seqtypid, null)
        || ' start ' || q.seqstart
        || ' increment ' || q.seqincrement
        || ' minvalue ' || q.seqmin
        || ' maxvalue ' || q.seqmax
        || ' cache ' || q.seqcache
        || case when q.seqcycle then ' cycle' else '' end as options
    from pg_catalog.pg_depend as i
    join pg_catalog.pg_sequence as q on q.seqrelid = i.objid
    where i.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and i.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and i.deptype = 'i'
        and i.refobjid = any (:relations) -- scoped
) as s on a.attidentity <> '' and s.refobjid = a.attrelid and s.refobjsubid = a.attnum
where a.attnum > 0
    and a.attrelid = any (:relations) -- scoped
    and not a.attisdropped
    and c.relkind in ('r', 'p', 'f')
    and c.relpersistence <> 't'
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e'
    )
