select
    'server' as kind,
    null as schema,
    null as "table",
    s.srvname as name,
    null as signature,
    'pg_catalog.pg_foreign_server'::pg_catalog.regclass::pg_catalog.oid as classid,
    s.oid as objid,
    0 as objsubid,
    f.fdwname as wrapper,
    s.srvtype as server_type,
    s.srvversion as server_version,
    array(select o from pg_catalog.unnest(s.srvoptions) as o order by 1) as server_options,
    pg_catalog.pg_get_userbyid(s.srvowner) as owner
from pg_catalog.pg_foreign_server as s
join pg_catalog.pg_foreign_data_wrapper as f on f.oid = s.srvfdw
where not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_foreign_server'::pg_catalog.regclass and e.objid = s.oid and e.deptype = 'e'
    )
