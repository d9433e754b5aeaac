-- What we must know of a server before anything is created on it.
select
    pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version_number,
    pg_catalog.current_setting('fsync') = 'on' as fsync,
    (select r.rolsuper or r.rolcreatedb from pg_catalog.pg_roles r where r.rolname = current_user) as may_create,
    current_user::pg_catalog.text as role,
    (
        select pg_catalog.pg_encoding_to_char(d.encoding) = 'UTF8'
        from pg_catalog.pg_database d
        where d.datname = 'template1'
    ) as template_is_utf8,
    pg_catalog.current_database()::pg_catalog.text as database
