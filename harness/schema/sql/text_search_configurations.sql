select
    'text search configuration' as kind,
    n.nspname as schema,
    null as "table",
    c.cfgname as name,
    null as signature,
    'pg_catalog.pg_ts_config'::pg_catalog.regclass::pg_catalog.oid as classid,
    c.oid as objid,
    0 as objsubid,
    pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.prsname) as parser,
    array(
        select
            t.alias || ': '
            || pg_catalog.string_agg(m.mapdict::pg_catalog.regdictionary::pg_catalog.text, ', ' order by m.mapseqno)
        from pg_catalog.pg_ts_config_map as m
        join pg_catalog.ts_token_type(c.cfgparser) as t on t.tokid = m.maptokentype
        where m.mapcfg = c.oid
        group by t.alias
        order by t.alias
    ) as mappings,
    pg_catalog.pg_get_userbyid(c.cfgowner) as owner
from pg_catalog.pg_ts_config as c
join pg_catalog.pg_namespace as n on n.oid = c.cfgnamespace
join pg_catalog.pg_ts_parser as p on p.oid = c.cfgparser
join pg_catalog.pg_namespace as pn on pn.oid = p.prsnamespace
where n.nspname not like 'pg\_%'
    and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_ts_config'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e'
    )
