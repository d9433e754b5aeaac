-- $1 names settings, $2 has their values. For this transaction only: a pooler gives the connection to others after it.
select pg_catalog.set_config(s.name, s.value, true)
from rows from (
    pg_catalog.unnest($1::pg_catalog.text[]),
    pg_catalog.unnest($2::pg_catalog.text[])
) as s (name, value)
