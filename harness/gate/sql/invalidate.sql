update pg_catalog.pg_index
set indisvalid = false
where indexrelid = {index}::pg_catalog.regclass
