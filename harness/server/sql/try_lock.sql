-- An advisory lock of the session, if nobody else has it.
select pg_catalog.pg_try_advisory_lock(%(key)s)
