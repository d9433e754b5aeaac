select
    'default privileges' as kind,
    n.nspname as schema,
    null as "table",
    case d.defaclobjtype
        when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
        when 'n' then 'schemas' when 'L' then 'large objects'
    end || ' of ' || pg_catalog.pg_get_userbyid(d.defaclrole) as name,
    null as signature,
    'pg_catalog.pg_default_acl'::pg_catalog.regclass::pg_catalog.oid as classid,
    d.oid as objid,
    0 as objsubid,
    array(
        select
            case when g.grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(g.grantee)::pg_catalog.text end
            || ': '
            || pg_catalog.string_agg(
                pg_catalog.lower(g.privilege_type) || case when g.is_grantable then ' with grant option' else '' end,
                ', '
                order by g.privilege_type
            )
        from pg_catalog.aclexplode(d.defaclacl) as g
        group by g.grantee
        order by 1
    ) as grants
from pg_catalog.pg_default_acl as d
left join pg_catalog.pg_namespace as n on n.oid = d.defaclnamespace
