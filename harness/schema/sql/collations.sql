select
    'collation' as kind,
    n.nspname as schema,
    null as "table",
    c.collname as name,
    null as signature,
    'pg_catalog.pg_collation'::pg_catalog.regclass::pg_catalog.oid as classid,
    c.oid as objid,
    0 as objsubid,
    case c.collprovider
        when 'b' then 'builtin' when 'c' then 'libc' when 'i' then 'icu' when 'd' then 'default'
    end as provider,
    c.collcollate::pg_catalog.text as lc_collate,
    c.collctype::pg_catalog.text as lc_ctype,
    c.colliculocale as locale, -- since 15 until 16
    c.colllocale as locale, -- since 17
    c.collicurules as rules, -- since 16
    case when not c.collisdeterministic then 'off' end as deterministic,
    pg_catalog.pg_get_userbyid(c.collowner) as owner
from pg_catalog.pg_collation as c
join pg_catalog.pg_namespace as n on n.oid = c.collnamespace
where n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_collation'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e'
    )
