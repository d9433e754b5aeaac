-- Asked for before it is emptied.
select
    pg_catalog.current_schemas(false)::pg_catalog.text[],
    pg_catalog.set_config('search_path', '', true),
    pg_catalog.set_config('standard_conforming_strings', 'on', true),
    pg_catalog.set_config('application_name', %(application_name)s, true),
    pg_catalog.set_config('default_transaction_read_only', %(default_transaction_read_only)s, true),
    pg_catalog.set_config('statement_timeout', %(statement_timeout)s, true),
    pg_catalog.set_config('lock_timeout', %(lock_timeout)s, true),
    pg_catalog.set_config(
        'idle_in_transaction_session_timeout', %(idle_in_transaction_session_timeout)s, true
    )
