select
    'language' as kind,
    null as schema,
    null as "table",
    l.lanname as name,
    null as signature,
    'pg_catalog.pg_language'::pg_catalog.regclass::pg_catalog.oid as classid,
    l.oid as objid,
    0 as objsubid,
    case when l.lanpltrusted then 'on' end as trusted,
    case when l.lanplcallfoid <> 0 then l.lanplcallfoid::pg_catalog.regproc::pg_catalog.text end as handler,
    case when l.laninline <> 0 then l.laninline::pg_catalog.regproc::pg_catalog.text end as inline,
    case when l.lanvalidator <> 0 then l.lanvalidator::pg_catalog.regproc::pg_catalog.text end as validator,
    pg_catalog.pg_get_userbyid(l.lanowner) as owner
from pg_catalog.pg_language as l
where l.oid >= 16384
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_language'::pg_catalog.regclass and e.objid = l.oid and e.deptype = 'e'
    )
