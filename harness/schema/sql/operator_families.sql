select
    'operator family' as kind,
    n.nspname as schema,
    null as "table",
    f.opfname as name,
    ' using ' || am.amname as signature,
    'pg_catalog.pg_opfamily'::pg_catalog.regclass::pg_catalog.oid as classid,
    f.oid as objid,
    0 as objsubid,
    array(
        select
            o.amopstrategy || ': ' || o.amopopr::pg_catalog.regoperator
            || case when o.amopsortfamily <> 0 then ' for order by' else '' end
        from pg_catalog.pg_amop as o
        where o.amopfamily = f.oid
        order by 1
    ) as operators,
    array(
        select
            p.amprocnum || ': (' || pg_catalog.format_type(p.amproclefttype, null) || ', '
            || pg_catalog.format_type(p.amprocrighttype, null) || ') '
            || p.amproc::pg_catalog.oid::pg_catalog.regprocedure
        from pg_catalog.pg_amproc as p
        where p.amprocfamily = f.oid
        order by 1
    ) as functions,
    pg_catalog.pg_get_userbyid(f.opfowner) as owner
from pg_catalog.pg_opfamily as f
join pg_catalog.pg_namespace as n on n.oid = f.opfnamespace
join pg_catalog.pg_am as am on am.oid = f.opfmethod
where n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass and e.objid = f.oid and e.deptype = 'e'
    )
