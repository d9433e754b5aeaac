select
    pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version,
    pg_catalog.current_schemas(false)::pg_catalog.text[] as search_path
