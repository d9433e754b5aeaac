select
    'foreign data wrapper' as kind,
    null as schema,
    null as "table",
    f.fdwname as name,
    null as signature,
    'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass::pg_catalog.oid as classid,
    f.oid as objid,
    0 as objsubid,
    case when f.fdwhandler <> 0 then f.fdwhandler::pg_catalog.regproc::pg_catalog.text end as handler,
    case when f.fdwvalidator <> 0 then f.fdwvalidator::pg_catalog.regproc::pg_catalog.text end as validator,
    array(select o from pg_catalog.unnest(f.fdwoptions) as o order by 1) as server_options,
    pg_catalog.pg_get_userbyid(f.fdwowner) as owner
from pg_catalog.pg_foreign_data_wrapper as f
where not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass and e.objid = f.oid and e.deptype = 'e'
    )
