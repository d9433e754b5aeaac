select
    d.classoid as classid,
    d.objoid as objid,
    d.objsubid,
    d.description as comment
from pg_catalog.pg_description as d
-- What initdb has described is the server's, but `public`, which is there from the start, is the user's.
where d.objoid >= 16384
    or (
        d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
        and d.objoid = pg_catalog.to_regnamespace('public')
        and d.description <> 'standard public schema'
    )
