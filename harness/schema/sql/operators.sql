select
    'operator' as kind,
    n.nspname as schema,
    null as "table",
    o.oprname as name,
    '(' || case when o.oprleft = 0 then 'none' else pg_catalog.format_type(o.oprleft, null) end
    || ', ' || case when o.oprright = 0 then 'none' else pg_catalog.format_type(o.oprright, null) end || ')' as signature,
    'pg_catalog.pg_operator'::pg_catalog.regclass::pg_catalog.oid as classid,
    o.oid as objid,
    0 as objsubid,
    case when o.oprresult <> 0 then pg_catalog.format_type(o.oprresult, null) end as returns,
    case when o.oprcode <> 0 then o.oprcode::pg_catalog.oid::pg_catalog.regprocedure::pg_catalog.text end as function,
    case when o.oprcom <> 0 then o.oprcom::pg_catalog.regoperator::pg_catalog.text end as commutator,
    case when o.oprnegate <> 0 then o.oprnegate::pg_catalog.regoperator::pg_catalog.text end as negator,
    case when o.oprrest <> 0 then o.oprrest::pg_catalog.regproc::pg_catalog.text end as restrict,
    case when o.oprjoin <> 0 then o.oprjoin::pg_catalog.regproc::pg_catalog.text end as "join",
    case when o.oprcanmerge then 'on' end as merges,
    case when o.oprcanhash then 'on' end as hashes,
    pg_catalog.pg_get_userbyid(o.oprowner) as owner
from pg_catalog.pg_operator as o
join pg_catalog.pg_namespace as n on n.oid = o.oprnamespace
where n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass and e.objid = o.oid and e.deptype = 'e'
    )
