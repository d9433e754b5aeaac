-- The same lock for one of several that may have it at once.
select pg_catalog.pg_try_advisory_lock_shared(%(key)s)
