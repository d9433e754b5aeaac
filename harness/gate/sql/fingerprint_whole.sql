select
    h.part,
    pg_catalog.encode(
        pg_catalog.sha256(
            pg_catalog.convert_to(pg_catalog.string_agg(h.hash, '' order by h.hash collate pg_catalog."C"), 'UTF8')
        ),
        'hex'
    ) as hash
from (
    select
        d.part,
        pg_catalog.encode(
            pg_catalog.sha256(
                pg_catalog.convert_to(d.content::pg_catalog.text || coalesce(d.addition::pg_catalog.text, ''), 'UTF8')
            ),
            'hex'
        ) as hash
    from described as d
) as h
group by h.part
order by h.part collate pg_catalog."C"
