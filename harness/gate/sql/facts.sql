select
    pg_catalog.pg_is_in_recovery(),
    current_user::pg_catalog.text,
    array(select r.rolname::pg_catalog.text from pg_catalog.pg_roles as r)
