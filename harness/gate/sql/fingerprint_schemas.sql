-- $3 names schemas, $4 has a pattern for each that matches where it is named: their objects are hashed as if they all had
-- the same name. The order must not depend on it.
select
    t.name,
    pg_catalog.encode(
        pg_catalog.sha256(
            pg_catalog.convert_to(
                pg_catalog.regexp_replace(
                    pg_catalog.string_agg(
                        o.part || o.content::pg_catalog.text || coalesce(o.addition::pg_catalog.text, ''),
                        ' '
                        order by
                            o.part collate pg_catalog."C",
                            o.content ->> 'kind' collate pg_catalog."C",
                            o.content ->> 'table' collate pg_catalog."C",
                            o.content ->> 'name' collate pg_catalog."C",
                            o.content ->> 'signature' collate pg_catalog."C"
                    ),
                    t.pattern,
                    pg_catalog.chr(65532),
                    'g'
                ),
                'UTF8'
            )
        ),
        'hex'
    ) as hash
from rows from (
    pg_catalog.unnest($3::pg_catalog.text[]),
    pg_catalog.unnest($4::pg_catalog.text[])
) as t (name, pattern)
join (
    select
        d.part,
        case when d.content ->> 'kind' = 'schema' then d.content ->> 'name' else d.content ->> 'schema' end as schema,
        case when d.content ->> 'kind' = 'schema' then d.content - 'name' else d.content - 'schema' end as content,
        d.addition
    from described as d
) as o on o.schema = t.name
group by t.name, t.pattern
