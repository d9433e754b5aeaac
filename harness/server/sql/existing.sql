-- Which of our databases still exist.
select d.datname
from pg_catalog.pg_database d
where d.datname = any(%(names)s)
order by d.datname
