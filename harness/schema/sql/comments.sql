-- A comment on the index of a constraint, or on the sequence of an identity column, is the constraint's and the column's.
select
    case
        when x.oid is not null then 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid
        else d.classoid
    end as classid,
    coalesce(x.oid, i.refobjid, d.objoid) as objid,
    coalesce(i.refobjsubid, d.objsubid) as objsubid,
    case
        when x.oid is not null then 'index_comment'
        when i.refobjid is not null then 'identity_comment'
        else 'comment'
    end as attribute,
    d.description as value
from pg_catalog.pg_description as d
left join pg_catalog.pg_index as xi on xi.indexrelid = d.objoid -- scoped
left join pg_catalog.pg_constraint as x
    on d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and x.conindid = d.objoid and x.contype in ('p', 'u', 'x')
    and x.conrelid = xi.indrelid -- scoped
left join pg_catalog.pg_depend as i
    on d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and i.classid = d.classoid and i.objid = d.objoid and i.refclassid = d.classoid
    and i.deptype = 'i' and i.refobjsubid > 0
-- What initdb has described is the server's, but `public`, which is there from the start, is the user's.
where d.objoid = any (:objids) -- scoped
where d.objoid >= 16384 -- whole
    or ( -- whole
        d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass -- whole
        and d.objoid = pg_catalog.to_regnamespace('public') -- whole
        and d.description <> 'standard public schema' -- whole
    ) -- whole
