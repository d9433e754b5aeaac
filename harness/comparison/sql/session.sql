select
    pg_catalog.set_config('application_name', 'harness diff', false),
    pg_catalog.set_config('default_transaction_read_only', 'on', false),
    pg_catalog.set_config('lock_timeout', %(lock_timeout)s, false),
    pg_catalog.set_config('statement_timeout', %(statement_timeout)s, false)
