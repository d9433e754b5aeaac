-- Where a version table stands: an env.py may have a search path of its own, so that its schema is not always said.
select n.nspname::pg_catalog.text, c.relname::pg_catalog.text
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p')
  and c.relname = any (%(tables)s)
