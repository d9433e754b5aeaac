-- What was written down since the last time, one row each, or one of nulls; and beside each:
--
-- signals: a text that changes whenever something was done of which PostgreSQL tells no event trigger, as far as that can be
-- seen without reading everything: event triggers and their comments, settings of the database, new names of roles and
-- tablespaces, a role that owns nothing any more (REASSIGN OWNED). These catalogs do not grow with the database.
with news as (
    delete from harness_tracking.news
    returning command, is_drop, goes_along, classid, objid, names
)

select s.signals, s.is_watching, n.command, n.is_drop, n.goes_along, n.classid, n.objid, n.names
from (
    select pg_catalog.concat_ws(
        '|',
        array(select row (t.oid, t.xmin)::pg_catalog.text from pg_catalog.pg_event_trigger as t order by t.oid),
        -- As a join it would go through all comments of the database.
        array(
            select (
                select d.xmin::pg_catalog.text
                from pg_catalog.pg_description as d
                where d.objoid = t.oid
                    and d.classoid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass
                    and d.objsubid = 0
            )
            from pg_catalog.pg_event_trigger as t
            order by t.oid
        ),
        array(
            select row (s.setdatabase, s.setrole, s.xmin)::pg_catalog.text
            from pg_catalog.pg_db_role_setting as s
            order by s.setdatabase, s.setrole
        ),
        array(select row (t.oid, t.spcname)::pg_catalog.text from pg_catalog.pg_tablespace as t order by t.oid),
        array(
            select row (
                r.oid,
                r.rolname,
                exists (
                    select from pg_catalog.pg_shdepend as d
                    where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                        and d.refobjid = r.oid
                        and d.dbid = (select b.oid from pg_catalog.pg_database as b where b.datname = pg_catalog.current_database())
                        and d.deptype = 'o'
                    -- Role by role, and not all of the server's owners at once.
                    offset 0
                )
            )::pg_catalog.text
            from pg_catalog.pg_roles as r
            where r.oid = 10 or r.oid >= 16384
            order by r.oid
        )
    ) as signals,
    -- A step may switch off all event triggers that it finds.
    2 = (
        select pg_catalog.count(*) from pg_catalog.pg_event_trigger as t
        where t.evtname in ('harness_tracking_commands', 'harness_tracking_drops') and t.evtenabled = 'A'
    ) as is_watching
) as s
left join news as n on true
