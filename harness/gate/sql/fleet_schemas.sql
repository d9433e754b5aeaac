select n.nspname::pg_catalog.text as name, pg_catalog.quote_ident(n.nspname) as quoted
from pg_catalog.pg_namespace as n
where n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
order by n.nspname collate pg_catalog."C"
