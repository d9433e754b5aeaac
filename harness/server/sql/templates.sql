-- Databases by the beginning of their names, as far as this role may clone them, and what is noted on each.
select d.datname::pg_catalog.text, pg_catalog.shobj_description(d.oid, 'pg_database')
from pg_catalog.pg_database d
where pg_catalog.starts_with(d.datname::pg_catalog.text, %(prefix)s)
  and pg_catalog.pg_has_role(d.datdba, 'usage')
order by d.oid
