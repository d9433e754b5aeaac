-- What is set as the search path of some roles, by the setting that counts in this database; the schemas that they may
-- look into, those that they may not, and whose the schemas are.
with schemas as (
    select
        n.oid,
        n.nspname::pg_catalog.text as name,
        pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text as owner
    from pg_catalog.pg_namespace as n
    where n.nspname not like 'pg\_%'
        and n.nspname <> 'information_schema'
)

select
    r.rolname::pg_catalog.text,
    (
        select pg_catalog.substr(c.setting, 13)
        from pg_catalog.pg_db_role_setting as s
        join pg_catalog.pg_database as d on d.datname = pg_catalog.current_database()
        cross join lateral pg_catalog.unnest(s.setconfig) as c (setting)
        where s.setrole in (r.oid, 0)
            and s.setdatabase in (d.oid, 0)
            and pg_catalog.starts_with(c.setting, 'search_path=')
        order by s.setrole <> 0 desc, s.setdatabase <> 0 desc
        limit 1
    ),
    array(
        select s.name from schemas as s
        where pg_catalog.has_schema_privilege(r.oid, s.oid, 'usage')
        order by s.name
    ),
    array(
        select s.name from schemas as s
        where not pg_catalog.has_schema_privilege(r.oid, s.oid, 'usage')
        order by s.name
    ),
    array(select s.owner from schemas as s order by s.name)
from pg_catalog.pg_roles as r
where r.rolname = any({roles}::pg_catalog.text[])
order by 1
