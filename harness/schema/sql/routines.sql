select
    case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as kind,
    n.nspname as schema,
    null as "table",
    p.proname as name,
    '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' as signature,
    'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid as classid,
    p.oid as objid,
    0 as objsubid,
    case p.prokind -- From 14 on, those of a procedure have IN before them.
        when 'p' then pg_catalog.regexp_replace(pg_catalog.pg_get_function_arguments(p.oid), '(^|, )IN ', '\1', 'g')
        else pg_catalog.pg_get_function_arguments(p.oid)
    end as arguments,
    pg_catalog.pg_get_function_result(p.oid) as returns,
    l.lanname as language,
    case when p.prokind <> 'a' then coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) end as body, -- since 14
    case when p.prokind <> 'a' then p.prosrc end as body, -- until 13
    p.probin as library,
    case when p.prokind = 'w' then 'on' end as window,
    case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
    case when p.proisstrict then 'on' end as strict,
    case when p.prosecdef then 'definer' else 'invoker' end as security,
    case when p.proleakproof then 'on' end as leakproof,
    case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end as parallel,
    p.procost::pg_catalog.text as cost,
    case when p.proretset then p.prorows::pg_catalog.text end as rows,
    case when p.prosupport <> 0 then p.prosupport::pg_catalog.text end as support,
    array(select s from pg_catalog.unnest(p.proconfig) as s order by 1) as configuration,
    array(select pg_catalog.format_type(s, null) from pg_catalog.unnest(p.protrftypes) as s) as transforms,
    case when p.prokind = 'a' then
        case a.aggkind when 'n' then 'normal' when 'o' then 'ordered set' else 'hypothetical set' end
    end as aggregate_kind,
    case when p.prokind = 'a' then a.aggtransfn::pg_catalog.text end as transition,
    pg_catalog.format_type(a.aggtranstype, null) as transition_type,
    nullif(a.aggtransspace, 0)::pg_catalog.text as transition_space,
    nullif(a.aggfinalfn, 0)::pg_catalog.regproc::pg_catalog.text as final,
    case when p.prokind = 'a' and a.aggfinalextra then 'on' end as final_extra,
    a.aggfinalmodify::pg_catalog.text as final_modify,
    nullif(a.aggcombinefn, 0)::pg_catalog.regproc::pg_catalog.text as combine,
    nullif(a.aggserialfn, 0)::pg_catalog.regproc::pg_catalog.text as serialize,
    nullif(a.aggdeserialfn, 0)::pg_catalog.regproc::pg_catalog.text as deserialize,
    a.agginitval as initial,
    nullif(a.aggmtransfn, 0)::pg_catalog.regproc::pg_catalog.text as moving_transition,
    nullif(a.aggminvtransfn, 0)::pg_catalog.regproc::pg_catalog.text as moving_inverse,
    nullif(a.aggmfinalfn, 0)::pg_catalog.regproc::pg_catalog.text as moving_final,
    case when a.aggmtranstype <> 0 then pg_catalog.format_type(a.aggmtranstype, null) end as moving_type,
    a.aggminitval as moving_initial,
    nullif(a.aggsortop, 0)::pg_catalog.regoperator::pg_catalog.text as sort_operator,
    pg_catalog.pg_get_userbyid(p.proowner) as owner
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_language as l on l.oid = p.prolang
left join pg_catalog.pg_aggregate as a on a.aggfnoid = p.oid
where n.nspname not like 'pg\_%'
    and p.oid = any (:routines) -- scoped
    and n.nspname <> 'information_schema'
    -- 'i': the constructors of a range type are the type's.
    and not exists (
        select from pg_catalog.pg_depend as e
        where e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and e.objid = p.oid and e.deptype in ('e', 'i')
    )
