select
    'operator class' as kind,
    n.nspname as schema,
    null as "table",
    o.opcname as name,
    ' using ' || am.amname as signature,
    'pg_catalog.pg_opclass'::pg_catalog.regclass::pg_catalog.oid as classid,
    o.oid as objid,
    0 as objsubid,
    pg_catalog.format_type(o.opcintype, null) as type,
    case when o.opcdefault then 'on' end as "default",
    pg_catalog.quote_ident(fn.nspname) || '.' || pg_catalog.quote_ident(f.opfname) as family,
    case when o.opckeytype <> 0 then pg_catalog.format_type(o.opckeytype, null) end as key_type,
    pg_catalog.pg_get_userbyid(o.opcowner) as owner
from pg_catalog.pg_opclass as o
join pg_catalog.pg_namespace as n on n.oid = o.opcnamespace
join pg_catalog.pg_am as am on am.oid = o.opcmethod
join pg_catalog.pg_opfamily as f on f.oid = o.opcfamily
join pg_catalog.pg_namespace as fn on fn.oid = f.opfnamespace
where n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_opclass'::pg_catalog.regclass and e.objid = o.oid and e.deptype = 'e'
    )
