select
    'sequence' as kind,
    n.nspname as schema,
    null as "table",
    c.relname as name,
    null as signature,
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid as classid,
    c.oid as objid,
    0 as objsubid,
    pg_catalog.format_type(s.seqtypid, null) as type,
    s.seqstart::pg_catalog.text as start,
    s.seqincrement::pg_catalog.text as increment,
    s.seqmin::pg_catalog.text as minimum,
    s.seqmax::pg_catalog.text as maximum,
    s.seqcache::pg_catalog.text as cache,
    case when s.seqcycle then 'on' end as cycle,
    case c.relpersistence when 'p' then 'permanent' when 'u' then 'unlogged' end as persistence,
    pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.relname) || '.'
    || pg_catalog.quote_ident(a.attname) as owned_by,
    pg_catalog.pg_get_userbyid(c.relowner) as owner
from pg_catalog.pg_sequence as s
join pg_catalog.pg_class as c on c.oid = s.seqrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_depend as d
    on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
    and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype in ('a', 'i')
left join pg_catalog.pg_class as t on t.oid = d.refobjid
left join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
left join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where c.relpersistence <> 't'
    and c.oid = any (:relations) -- scoped
    -- The sequence of an identity column is the column's, whatever it is called.
    and d.deptype is distinct from 'i'
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e'
    )
