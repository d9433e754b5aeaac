-- What ALTER DATABASE ... SET and ALTER ROLE ... IN DATABASE ... SET have put on a database, entry by entry.
select
    r.rolname,
    pg_catalog.split_part(c.entry, '=', 1) as name,
    pg_catalog.substr(c.entry, pg_catalog.strpos(c.entry, '=') + 1) as value
from pg_catalog.pg_db_role_setting s
join pg_catalog.pg_database d on d.oid = s.setdatabase
left join pg_catalog.pg_roles r on r.oid = s.setrole
cross join pg_catalog.unnest(s.setconfig) as c (entry)
where d.datname = %(name)s
order by r.rolname nulls first, c.entry
