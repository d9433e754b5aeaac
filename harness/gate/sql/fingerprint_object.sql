select
    '{part}' as part,
    q.classid,
    q.objid,
    q.objsubid,
    pg_catalog.to_jsonb(q) as content
from (
{query}
) as q
