-- A session that holds locks must not be ended for being idle; older servers do not know each of these.
select pg_catalog.set_config(s.name, '0', false)
from pg_catalog.pg_settings s
where s.name in ('idle_session_timeout', 'statement_timeout', 'lock_timeout')
