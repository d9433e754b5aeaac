with lists as (
    select
        'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid as classid,
        c.oid as objid,
        0 as objsubid,
        'grants' as attribute,
        '' as prefix,
        c.relowner as owner,
        c.relacl as granted,
        pg_catalog.acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner) as at_first
    from pg_catalog.pg_class as c
    where c.relacl is not null and c.oid >= 16384
        and c.oid = any (:objids) -- scoped
    union all
    -- The columns of a view are no objects: what is granted on them is the view's.
    select
        'pg_catalog.pg_class'::pg_catalog.regclass,
        a.attrelid,
        case when c.relkind in ('v', 'm') then 0 else a.attnum end,
        case when c.relkind in ('v', 'm') then 'column_grants' else 'grants' end,
        case when c.relkind in ('v', 'm') then pg_catalog.quote_ident(a.attname) || ' to ' else '' end,
        c.relowner,
        a.attacl,
        pg_catalog.acldefault('c', c.relowner)
    from pg_catalog.pg_attribute as a
    join pg_catalog.pg_class as c on c.oid = a.attrelid
    where a.attacl is not null and not a.attisdropped and c.oid >= 16384
        and a.attrelid = any (:relations) -- scoped
    union all
    select
        'pg_catalog.pg_proc'::pg_catalog.regclass,
        p.oid,
        0,
        'grants',
        '',
        p.proowner,
        p.proacl,
        pg_catalog.acldefault('f', p.proowner)
    from pg_catalog.pg_proc as p
    where p.proacl is not null and p.oid >= 16384
        and p.oid = any (:objids) -- scoped
    union all
    select
        'pg_catalog.pg_type'::pg_catalog.regclass,
        t.oid,
        0,
        'grants',
        '',
        t.typowner,
        t.typacl,
        pg_catalog.acldefault('T', t.typowner)
    from pg_catalog.pg_type as t
    where t.typacl is not null and t.oid >= 16384
        and t.oid = any (:objids) -- scoped
    union all
    -- Of the schemas that initdb made only `public` is read; what it grants there changed with version 15.
    select
        'pg_catalog.pg_namespace'::pg_catalog.regclass,
        n.oid,
        0,
        'grants',
        '',
        n.nspowner,
        n.nspacl,
        coalesce(i.initprivs, pg_catalog.acldefault('n', n.nspowner))
    from pg_catalog.pg_namespace as n
    left join pg_catalog.pg_init_privs as i
        on i.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and i.objoid = n.oid and i.privtype = 'i'
    where n.nspacl is not null
        and n.oid = any (:objids) -- scoped
    union all
    select
        'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass,
        f.oid,
        0,
        'grants',
        '',
        f.fdwowner,
        f.fdwacl,
        pg_catalog.acldefault('F', f.fdwowner)
    from pg_catalog.pg_foreign_data_wrapper as f
    where f.fdwacl is not null
        and f.oid = any (:objids) -- scoped
    union all
    select
        'pg_catalog.pg_foreign_server'::pg_catalog.regclass,
        s.oid,
        0,
        'grants',
        '',
        s.srvowner,
        s.srvacl,
        pg_catalog.acldefault('S', s.srvowner)
    from pg_catalog.pg_foreign_server as s
    where s.srvacl is not null
        and s.oid = any (:objids) -- scoped
    union all
    select
        'pg_catalog.pg_language'::pg_catalog.regclass,
        l.oid,
        0,
        'grants',
        '',
        l.lanowner,
        l.lanacl,
        pg_catalog.acldefault('l', l.lanowner)
    from pg_catalog.pg_language as l
    where l.lanacl is not null and l.oid >= 16384
        and l.oid = any (:objids) -- scoped
),

entries as (
    select
        l.classid,
        l.objid,
        l.objsubid,
        l.attribute,
        l.prefix,
        side.is_first,
        case
            when e.grantee = 0 then 'public'
            when e.grantee = l.owner then '(owner)'
            else pg_catalog.pg_get_userbyid(e.grantee)::pg_catalog.text
        end as grantee,
        case when e.grantor = l.owner then '' else ' by ' || pg_catalog.pg_get_userbyid(e.grantor) end as grantor,
        pg_catalog.string_agg(
            pg_catalog.lower(e.privilege_type) || case when e.is_grantable then ' with grant option' else '' end,
            ', '
            order by e.privilege_type
        ) as privileges
    from lists as l
    cross join lateral (values (false, l.granted), (true, l.at_first)) as side (is_first, list)
    cross join lateral pg_catalog.aclexplode(side.list) as e
    group by 1, 2, 3, 4, 5, 6, 7, 8
),

sides as (
    select
        classid,
        objid,
        objsubid,
        attribute,
        pg_catalog.array_agg(prefix || grantee || ': ' || privileges || grantor order by prefix, grantee, grantor)
        filter (where not is_first) as granted,
        pg_catalog.array_agg(prefix || grantee || ': ' || privileges || grantor order by prefix, grantee, grantor)
        filter (where is_first) as at_first
    from entries
    group by 1, 2, 3, 4
)

-- A list that was changed and changed back says the same as one that was never touched. What is granted on the sequence of
-- an identity column is the column's.
select
    s.classid,
    coalesce(i.refobjid, s.objid) as objid,
    coalesce(i.refobjsubid, s.objsubid) as objsubid,
    case when i.refobjid is null then s.attribute else 'identity_grants' end as attribute,
    coalesce(s.granted, '{none}') as value
from sides as s
left join pg_catalog.pg_depend as i
    on s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and i.classid = s.classid and i.objid = s.objid and i.refclassid = s.classid
    and i.deptype = 'i' and i.refobjsubid > 0
where s.granted is distinct from s.at_first
