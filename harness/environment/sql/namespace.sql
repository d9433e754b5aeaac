-- Where the session is, and where it puts what is named without a schema.
select
    pg_catalog.current_database(),
    pg_catalog.current_schema(),
    (
        select s.setting from pg_catalog.pg_settings as s
        where s.name = 'search_path' and s.source in ('client', 'session')
    )
