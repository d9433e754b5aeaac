-- What was set in the session: who it is, which pg_settings does not list, and all else.
select n.name, pg_catalog.current_setting(n.name)
from pg_catalog.unnest(array['session_authorization', 'role']) as n (name)
union all
select s.name, s.setting
from pg_catalog.pg_settings as s
where s.source = 'session'
    and s.name not in ('session_authorization', 'role')
    -- Those of the transaction itself, which ends anyhow.
    and s.name not in ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable')
