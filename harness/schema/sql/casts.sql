select
    'cast' as kind,
    null as schema,
    null as "table",
    pg_catalog.format_type(c.castsource, null) || ' as ' || pg_catalog.format_type(c.casttarget, null) as name,
    null as signature,
    'pg_catalog.pg_cast'::pg_catalog.regclass::pg_catalog.oid as classid,
    c.oid as objid,
    0 as objsubid,
    case c.castmethod
        when 'f' then c.castfunc::pg_catalog.regprocedure::pg_catalog.text when 'i' then 'inout' else 'binary'
    end as method,
    case c.castcontext when 'i' then 'implicit' when 'a' then 'assignment' else 'explicit' end as context
from pg_catalog.pg_cast as c
where c.oid >= 16384
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass and e.objid = c.oid and e.deptype in ('e', 'i')
    )
