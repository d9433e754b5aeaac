select
    'rule' as kind,
    n.nspname as schema,
    c.relname as "table",
    r.rulename as name,
    null as signature,
    'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid as classid,
    r.oid as objid,
    0 as objsubid,
    -- From the event on: what stands before it is the rule's name.
    pg_catalog.substring(pg_catalog.pg_get_ruledef(r.oid, false), '\s+(ON (?:SELECT|INSERT|UPDATE|DELETE) TO .*)') as definition,
    case r.ev_enabled
        when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always'
    end as enabled
from pg_catalog.pg_rewrite as r
join pg_catalog.pg_class as c on c.oid = r.ev_class
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
-- The rule of that name is what makes a view.
where r.rulename <> '_RETURN'
    and r.ev_class = any (:relations) -- scoped
    and c.relpersistence <> 't'
    and n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e'
    )
