-- What stands on what, in terms of the objects that are read: a view's rule is the view, a default its column, a row or array
-- type its table or element, an index that a constraint owns the constraint, a member of an extension the extension.
with constraint_indexes as ( -- whole
    select o.conindid, o.oid -- whole
    from pg_catalog.pg_constraint as o -- whole
with constraint_indexes as not materialized ( -- scoped
    -- There is an index for each step of this way, and none on conindid.
    select i.indexrelid as conindid, o.oid -- scoped
    from pg_catalog.pg_index as i -- scoped
    join pg_catalog.pg_constraint as o on o.conrelid = i.indrelid and o.conindid = i.indexrelid -- scoped
    where o.contype in ('p', 'u', 'x')
),

edges as (
    select
        case
            when p.oid is not null then 'pg_catalog.pg_publication'::pg_catalog.regclass
            when r.oid is not null or d_default.oid is not null or d_index.conindid is not null or d_row.oid is not null
                then case when d_index.conindid is not null
                    then 'pg_catalog.pg_constraint'::pg_catalog.regclass
                    when d_row.oid is not null then 'pg_catalog.pg_type'::pg_catalog.regclass
                    else 'pg_catalog.pg_class'::pg_catalog.regclass end
            else d.classid
        end as classid,
        coalesce(p.prpubid, r.ev_class, d_default.adrelid, d_index.oid, d_row.reltype, d.objid) as objid,
        case
            when d_default.oid is not null then d_default.adnum
            when d_row.oid is not null then 0
            else d.objsubid
        end::pg_catalog.int4 as objsubid,
        case
            when m.refobjid is not null then 'pg_catalog.pg_extension'::pg_catalog.regclass
            when x.oid is not null then 'pg_catalog.pg_constraint'::pg_catalog.regclass
            when t.typrelid <> 0 and tc.relkind <> 'c' then 'pg_catalog.pg_class'::pg_catalog.regclass
            else d.refclassid
        end as refclassid,
        case
            when m.refobjid is not null then m.refobjid
            when x.oid is not null then x.oid
            when t.typrelid <> 0 and tc.relkind <> 'c' then t.typrelid
            when t.typcategory = 'A' and t.typelem <> 0 then t.typelem
            else d.refobjid
        end as refobjid,
        case when m.refobjid is null then d.refobjsubid else 0 end as refobjsubid
    from pg_catalog.pg_depend as d -- whole
    -- By itself, or the planner would begin with what is the user's, of which there is little when it makes its plan.
    from ( -- scoped
        select d.* -- scoped
        from rows from (pg_catalog.unnest(:classids), pg_catalog.unnest(:objids)) as g (classid, objid) -- scoped
        join pg_catalog.pg_depend as d on d.classid = g.classid and d.objid = g.objid -- scoped
        offset 0 -- scoped
    ) as d -- scoped
    left join pg_catalog.pg_rewrite as r
        on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid and r.rulename = '_RETURN'
    left join pg_catalog.pg_attrdef as d_default
        on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d_default.oid = d.objid
    left join constraint_indexes as d_index
        on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d_index.conindid = d.objid
    left join pg_catalog.pg_class as d_row
        on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d_row.oid = d.objid and d_row.relkind = 'c'
    left join constraint_indexes as x
        on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and x.conindid = d.refobjid
    left join pg_catalog.pg_type as t
        on d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass and t.oid = d.refobjid
    left join pg_catalog.pg_class as tc on tc.oid = t.typrelid
    left join pg_catalog.pg_depend as m
        on m.classid = d.refclassid and m.objid = case when t.typcategory = 'A' and t.typelem <> 0 then t.typelem else d.refobjid end
        and m.deptype = 'e'
    left join pg_catalog.pg_publication_rel as p
        on d.classid = 'pg_catalog.pg_publication_rel'::pg_catalog.regclass and p.oid = d.objid
    where d.refobjid >= 16384
        and d.objid >= 16384
        and d.refclassid not in (
            'pg_catalog.pg_namespace'::pg_catalog.regclass, 'pg_catalog.pg_extension'::pg_catalog.regclass
        )
        and d.deptype <> 'e'
)

select classid::pg_catalog.oid, objid, objsubid, refclassid::pg_catalog.oid, refobjid, refobjsubid
from edges
where (classid, objid, objsubid) is distinct from (refclassid, refobjid, refobjsubid)
union
-- A partition's or heir's column, index and constraint follow their parent's. What inherits is read with all the rest, and
-- so are operator families.
select
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid,
    i.inhrelid,
    a.attnum,
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid,
    i.inhparent,
    pa.attnum
from pg_catalog.pg_inherits as i
join pg_catalog.pg_class as c on c.oid = i.inhrelid and c.relkind in ('r', 'p', 'f')
join pg_catalog.pg_attribute as a on a.attrelid = i.inhrelid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_attribute as pa
    on pa.attrelid = i.inhparent and pa.attname = a.attname and pa.attnum > 0 and not pa.attisdropped
where false -- scoped
union
select
    'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid,
    o.oid,
    0,
    'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid,
    p.oid,
    0
from pg_catalog.pg_inherits as i
join pg_catalog.pg_constraint as o on o.conrelid = i.inhrelid
join pg_catalog.pg_constraint as p
    on p.conrelid = i.inhparent
    and (p.oid = o.conparentid or (o.contype = 'c' and p.contype = 'c' and p.conname = o.conname))
where false -- scoped
union
select
    'pg_catalog.pg_opfamily'::pg_catalog.regclass::pg_catalog.oid,
    o.amopfamily,
    0,
    'pg_catalog.pg_operator'::pg_catalog.regclass::pg_catalog.oid,
    o.amopopr,
    0
from pg_catalog.pg_amop as o
where o.amopfamily >= 16384
    and false -- scoped
union
select
    'pg_catalog.pg_opfamily'::pg_catalog.regclass::pg_catalog.oid,
    p.amprocfamily,
    0,
    'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid,
    p.amproc::pg_catalog.oid,
    0
from pg_catalog.pg_amproc as p
where p.amprocfamily >= 16384
    and false -- scoped
