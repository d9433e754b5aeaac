select
    'user mapping' as kind,
    null as schema,
    null as "table",
    case when m.umuser = 0 then 'public' else m.usename::pg_catalog.text end || ' on ' || m.srvname as name,
    null as signature,
    'pg_catalog.pg_user_mapping'::pg_catalog.regclass::pg_catalog.oid as classid,
    m.umid as objid,
    0 as objsubid,
    -- The view shows the options to those who may see them. Passwords are left where they are.
    array(
        select case when o ilike 'password%' then pg_catalog.split_part(o, '=', 1) else o end
        from pg_catalog.unnest(m.umoptions) as o
        order by 1
    ) as server_options
from pg_catalog.pg_user_mappings as m
