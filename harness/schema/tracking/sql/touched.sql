-- What is to be read again if the objects of some addresses were made or changed: one row a relation, type or routine, with
-- the numbers of the addresses that it comes from (none for what stands on one of them and may be printed in another way
-- now), and the addresses of what belongs to a relation.
with given as (
    select g.number, g.classid, g.objid
    from rows from (pg_catalog.unnest(:classids), pg_catalog.unnest(:objids)) with ordinality as g (classid, objid, number)
),

found as (
    select g.number, m.classid, m.objid
    from given as g
    left join pg_catalog.pg_class as c
        on g.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = g.objid
    left join pg_catalog.pg_index as i
        on g.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and i.indexrelid = g.objid
    -- The sequence of an identity column is the column's.
    left join pg_catalog.pg_depend as d
        on c.relkind = 'S' and d.classid = g.classid and d.objid = g.objid and d.deptype = 'i'
    left join pg_catalog.pg_constraint as o
        on g.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and o.oid = g.objid
    left join pg_catalog.pg_trigger as t
        on g.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and t.oid = g.objid
    left join pg_catalog.pg_rewrite as r
        on g.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = g.objid
    left join pg_catalog.pg_policy as p
        on g.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and p.oid = g.objid
    left join pg_catalog.pg_statistic_ext as s
        on g.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass and s.oid = g.objid
    left join pg_catalog.pg_type as y
        on g.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and y.oid = g.objid
    cross join lateral (
        values
        (
            'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid,
            coalesce(
                i.indrelid, d.refobjid, o.conrelid, t.tgrelid, r.ev_class, p.polrelid, s.stxrelid, y.typrelid, c.oid
            )
        ),
        (
            'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid,
            coalesce(o.contypid, y.oid, case when c.relkind = 'c' then c.reltype end)
        ),
        (
            'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid,
            case when g.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass then g.objid end
        )
    ) as m (classid, objid)
    where m.objid <> 0
),

main as (
    select a.classid, a.objid, pg_catalog.array_agg(a.number) filter (where a.number is not null) as numbers
    from (
        select f.number, f.classid, f.objid from found as f
        union
        -- A view, rule, policy or SQL body that names a relation, and the sequences that its columns own.
        select
            null,
            case when d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass then d.classid else f.classid end,
            case when d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                then d.objid
                else coalesce(r.ev_class, p.polrelid, q.oid)
            end
        from found as f
        join pg_catalog.pg_depend as d on d.refclassid = f.classid and d.refobjid = f.objid
        left join pg_catalog.pg_rewrite as r
            on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid
        left join pg_catalog.pg_policy as p
            on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and p.oid = d.objid
        left join pg_catalog.pg_class as q
            on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and q.oid = d.objid and q.relkind = 'S'
        where f.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    ) as a
    where a.objid is not null
    group by a.classid, a.objid
)

select
    m.numbers,
    m.classid,
    m.objid,
    c.relkind::pg_catalog.text as kind,
    c.relispartition
    or exists (select from pg_catalog.pg_inherits as h where h.inhrelid = c.oid)
    or exists (select from pg_catalog.pg_inherits as h where h.inhparent = c.oid) as is_related,
    exists (
        select from pg_catalog.pg_trigger as t where t.tgrelid = c.oid and t.tgisinternal and t.tgenabled <> 'O'
    ) as is_disabled,
    c.relacl is not null
    or exists (select from pg_catalog.pg_attribute as a where a.attrelid = c.oid and a.attacl is not null)
    or exists (
        select from pg_catalog.pg_depend as d
        join pg_catalog.pg_class as q on q.oid = d.objid
        where d.refclassid = m.classid and d.refobjid = c.oid and d.classid = m.classid and d.deptype = 'i'
            and q.relacl is not null
    ) as is_granted,
    array(select i.indexrelid from pg_catalog.pg_index as i where i.indrelid = c.oid) as indexes,
    array(select o.oid from pg_catalog.pg_constraint as o where o.conrelid = c.oid) as constraints,
    array(
        select t.oid from pg_catalog.pg_trigger as t
        where t.tgrelid = c.oid and (not t.tgisinternal or (t.tgparentid <> 0 and t.tgconstraint = 0))
    ) as triggers,
    array(select r.oid from pg_catalog.pg_rewrite as r where r.ev_class = c.oid) as rules,
    array(select p.oid from pg_catalog.pg_policy as p where p.polrelid = c.oid) as policies,
    array(select d.oid from pg_catalog.pg_attrdef as d where d.adrelid = c.oid) as defaults,
    array(select s.oid from pg_catalog.pg_statistic_ext as s where s.stxrelid = c.oid) as statistics,
    array(
        select d.objid from pg_catalog.pg_depend as d
        where d.refclassid = m.classid and d.refobjid = c.oid and d.classid = m.classid and d.deptype = 'i'
    ) as sequences
from main as m
join pg_catalog.pg_class as c on c.oid = m.objid
where m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
union all
select
    m.numbers, m.classid, m.objid, y.typtype::pg_catalog.text, false, false, y.typacl is not null,
    '{}',
    array(select o.oid from pg_catalog.pg_constraint as o where o.contypid = y.oid),
    '{}', '{}', '{}', '{}', '{}', '{}'
from main as m
join pg_catalog.pg_type as y on y.oid = m.objid
where m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
union all
select
    m.numbers, m.classid, m.objid, f.prokind::pg_catalog.text, false, false, f.proacl is not null,
    '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'
from main as m
join pg_catalog.pg_proc as f on f.oid = m.objid
where m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
