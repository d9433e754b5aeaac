select
    'setting' as kind,
    null as schema,
    null as "table",
    coalesce('of ' || r.rolname || ': ', '') || pg_catalog.split_part(c.setting, '=', 1) as name,
    null as signature,
    'pg_catalog.pg_db_role_setting'::pg_catalog.regclass::pg_catalog.oid as classid,
    s.setrole as objid,
    -- The catalog has one row for all settings of a role, and no row of its own for each.
    pg_catalog.row_number() over (order by s.setrole, c.setting)::pg_catalog.int4 as objsubid,
    pg_catalog.substr(c.setting, pg_catalog.strpos(c.setting, '=') + 1) as value
from pg_catalog.pg_db_role_setting as s
join pg_catalog.pg_database as d on d.oid = s.setdatabase and d.datname = pg_catalog.current_database()
left join pg_catalog.pg_roles as r on r.oid = s.setrole
cross join lateral pg_catalog.unnest(s.setconfig) as c (setting)
