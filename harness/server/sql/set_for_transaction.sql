select pg_catalog.set_config(%(name)s, %(value)s, true)
