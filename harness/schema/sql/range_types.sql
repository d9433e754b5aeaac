select
    'range type' as kind,
    n.nspname as schema,
    null as "table",
    t.typname as name,
    null as signature,
    'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid as classid,
    t.oid as objid,
    0 as objsubid,
    pg_catalog.format_type(r.rngsubtype, null) as subtype,
    case when oc.opcdefault then null else
        pg_catalog.quote_ident(ocn.nspname) || '.' || pg_catalog.quote_ident(oc.opcname)
    end as operator_class,
    case when r.rngcollation <> b.typcollation then
        pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
    end as collation,
    case when r.rngcanonical <> 0 then r.rngcanonical::pg_catalog.text end as canonical,
    case when r.rngsubdiff <> 0 then r.rngsubdiff::pg_catalog.text end as subtype_difference,
    pg_catalog.format_type(r.rngmultitypid, null) as multirange, -- since 14
    pg_catalog.pg_get_userbyid(t.typowner) as owner
from pg_catalog.pg_range as r
join pg_catalog.pg_type as t on t.oid = r.rngtypid
join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
join pg_catalog.pg_type as b on b.oid = r.rngsubtype
join pg_catalog.pg_opclass as oc on oc.oid = r.rngsubopc
join pg_catalog.pg_namespace as ocn on ocn.oid = oc.opcnamespace
left join pg_catalog.pg_collation as co on co.oid = r.rngcollation
left join pg_catalog.pg_namespace as cn on cn.oid = co.collnamespace
where n.nspname not like 'pg\_%'
    and r.rngtypid = any (:types) -- scoped
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and e.objid = t.oid and e.deptype = 'e'
    )
