-- For the role in the database, which no other setting of the server outweighs.
alter role current_user in database {database} set search_path = {path}
