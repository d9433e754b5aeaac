select
    'policy' as kind,
    n.nspname as schema,
    c.relname as "table",
    p.polname as name,
    null as signature,
    'pg_catalog.pg_policy'::pg_catalog.regclass::pg_catalog.oid as classid,
    p.oid as objid,
    0 as objsubid,
    case p.polcmd
        when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all'
    end as command,
    case when p.polpermissive then 'permissive' else 'restrictive' end as mode,
    array(
        select case when r = 0 then 'public' else pg_catalog.pg_get_userbyid(r)::pg_catalog.text end
        from pg_catalog.unnest(p.polroles) as r
        order by 1
    ) as roles,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) as "using",
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as with_check
from pg_catalog.pg_policy as p
join pg_catalog.pg_class as c on c.oid = p.polrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relpersistence <> 't'
    and p.polrelid = any (:relations) -- scoped
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e'
    )
