insert into {table} (version_num)
values ({row})
