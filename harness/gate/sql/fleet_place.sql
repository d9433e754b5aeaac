-- A number, since how a time is written depends on the session.
select
    pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version,
    pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time())::pg_catalog.float8 as started,
    pg_catalog.current_schemas(false)::pg_catalog.text[] as search_path
