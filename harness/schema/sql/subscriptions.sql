select
    'subscription' as kind,
    null as schema,
    null as "table",
    s.subname as name,
    null as signature,
    'pg_catalog.pg_subscription'::pg_catalog.regclass::pg_catalog.oid as classid,
    -- Before version 14 not everybody could read these two.
    s.oid as objid, -- since 14
    pg_catalog.row_number() over ()::pg_catalog.int4 as objid, -- until 13
    0 as objsubid,
    -- Not the connection string, which holds a password and which only a superuser may read.
    s.subslotname::pg_catalog.text as slot,
    array(select p from pg_catalog.unnest(s.subpublications) as p order by 1) as publications,
    case when s.subenabled then 'on' end as enabled,
    s.subsynccommit as synchronous_commit, -- since 14
    pg_catalog.pg_get_userbyid(s.subowner) as owner
from pg_catalog.pg_subscription as s
where s.subdbid = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
