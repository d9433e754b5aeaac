select
    'event trigger' as kind,
    null as schema,
    null as "table",
    t.evtname as name,
    null as signature,
    'pg_catalog.pg_event_trigger'::pg_catalog.regclass::pg_catalog.oid as classid,
    t.oid as objid,
    0 as objsubid,
    t.evtevent::pg_catalog.text as event,
    t.evtfoid::pg_catalog.regproc::pg_catalog.text as function,
    array(select tag from pg_catalog.unnest(t.evttags) as tag order by 1) as tags,
    case t.evtenabled
        when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always'
    end as enabled,
    pg_catalog.pg_get_userbyid(t.evtowner) as owner
from pg_catalog.pg_event_trigger as t
where not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass and e.objid = t.oid and e.deptype = 'e'
    )
