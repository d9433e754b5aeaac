-- What stands in braces is every query of an object kind, and the two that add to the objects of all the others. $1 names
-- attributes to leave out, $2 kinds.
with objects as (
{objects}
),

additions as (
    select
        a.classid,
        a.objid,
        a.objsubid,
        pg_catalog.jsonb_agg(a.content order by a.content) as content
    from (
        select
            c.classid,
            c.objid,
            c.objsubid,
            c.attribute,
            pg_catalog.jsonb_build_array(c.attribute, c.value) as content
        from (
{comments}
        ) as c
        union all
        select
            g.classid,
            g.objid,
            g.objsubid,
            g.attribute,
            pg_catalog.jsonb_build_array(g.attribute, g.value)
        from (
{grants}
        ) as g
    ) as a
    where a.attribute <> all ($1::pg_catalog.text[])
    group by a.classid, a.objid, a.objsubid
),

described as (
    select
        o.part,
        o.content - '{classid,objid,objsubid}'::pg_catalog.text[] - $1::pg_catalog.text[] as content,
        a.content as addition
    from objects as o
    left join additions as a on a.classid = o.classid and a.objid = o.objid and a.objsubid = o.objsubid
    where o.content ->> 'kind' <> all ($2::pg_catalog.text[])
)
