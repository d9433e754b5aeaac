-- Every table with the column that Alembic's version tables have, whatever it is called.
select
    n.nspname::pg_catalog.text,
    c.relname::pg_catalog.text,
    pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text,
    pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_column_privilege(c.oid, a.attnum, 'select')
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where a.attname = 'version_num'
    and not a.attisdropped
    and c.relkind in ('r', 'p')
    and c.relpersistence <> 't'
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
order by 1, 2
