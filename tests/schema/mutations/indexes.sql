-- Single faults in the schema of rich.sql, each under the one difference that it makes.

-- missing | index | app.customer.customer_name_idx
drop index app.customer_name_idx;

-- missing | index | app.event.event_kind_idx
drop index app.event_kind_idx;

-- missing | index | app.revenue.revenue_customer_idx
drop index app.revenue_customer_idx;

-- extra | index | app.wide.wide_c_idx
create index wide_c_idx on app.wide (c);

-- extra | index | app.wide.wide_c_idx
create unique index wide_c_idx on app.wide (c);

-- extra | index | app.event.event_body_idx
create index event_body_idx on app.event (body);

-- extra | index | app.event_2024.only_idx
create index only_idx on app.event_2024 (body);

-- renamed | index | app.customer.customer_name_idx | name
alter index app.customer_name_idx rename to ix_name;

-- renamed | index | app.customer.customer_partial_idx | name
alter index app.customer_partial_idx rename to ix_partial;

-- changed | index | app.customer.customer_name_idx | columns
drop index app.customer_name_idx;
create index customer_name_idx on app.customer (nickname);
comment on index app.customer_name_idx is 'for the search';

-- changed | index | app.customer.customer_lower_idx | columns
drop index app.customer_lower_idx;
create index customer_lower_idx on app.customer (upper(name), born desc);

-- changed | index | app.customer.customer_lower_idx | columns
drop index app.customer_lower_idx;
create index customer_lower_idx on app.customer (lower(name), born);

-- changed | index | app.customer.customer_lower_idx | columns
drop index app.customer_lower_idx;
create index customer_lower_idx on app.customer (born desc, lower(name));

-- changed | index | app.customer.customer_partial_idx | predicate
drop index app.customer_partial_idx;
create index customer_partial_idx on app.customer (born) where active;

-- changed | index | app.customer.customer_partial_idx | predicate
drop index app.customer_partial_idx;
create index customer_partial_idx on app.customer (born);

-- changed | index | app.customer.customer_partial_idx | predicate
drop index app.customer_partial_idx;
create index customer_partial_idx on app.customer (born) where active and score > 11;

-- changed | index | app.customer.customer_nick_idx | unique
drop index app.customer_nick_idx;
create index customer_nick_idx on app.customer (nickname) include (born, mood);

-- changed | index | app.customer.customer_nick_idx | include
drop index app.customer_nick_idx;
create unique index customer_nick_idx on app.customer (nickname);

-- changed | index | app.customer.customer_nick_idx | include
drop index app.customer_nick_idx;
create unique index customer_nick_idx on app.customer (nickname) include (mood, born);

-- changed | index | app.customer.customer_tags_idx | options
drop index app.customer_tags_idx;
create index customer_tags_idx on app.customer using gin (tags) with (fastupdate = off);

-- changed | index | app.customer.customer_settings_idx | columns
drop index app.customer_settings_idx;
create index customer_settings_idx on app.customer using gin (settings);

-- changed | index | app.customer.customer_pattern_idx | columns
drop index app.customer_pattern_idx;
create index customer_pattern_idx on app.customer (name);

-- changed | index | app.customer.customer_nulls_idx | columns
drop index app.customer_nulls_idx;
create index customer_nulls_idx on app.customer (updated_at desc, created_at nulls first);

-- changed | index | app.customer.customer_nulls_idx | columns
drop index app.customer_nulls_idx;
create index customer_nulls_idx on app.customer (updated_at desc nulls last, created_at);

-- changed | index | app.customer.customer_brin_idx | options
drop index app.customer_brin_idx;
create index customer_brin_idx on app.customer using brin (created_at);

-- changed | index | app.customer.customer_brin_idx | columns
drop index app.customer_brin_idx;
create index customer_brin_idx on app.customer using brin (created_at timestamptz_minmax_multi_ops) with (pages_per_range = 32);

-- changed | index | app.customer.customer_collate_idx | columns
drop index app.customer_collate_idx;
create index customer_collate_idx on app.customer (name);

-- changed | index | app.Order.order_status_idx | method
drop index app.order_status_idx;
create index order_status_idx on app."Order" using hash (status);

-- changed | index | app.customer.customer_nick_idx | nulls_not_distinct | since 15
drop index app.customer_nick_idx;
create unique index customer_nick_idx on app.customer (nickname) include (born, mood) nulls not distinct;

-- changed | index | app.customer.customer_name_idx | valid
update pg_index set indisvalid = false where indexrelid = 'app.customer_name_idx'::regclass;

-- changed | index | app.customer.customer_name_idx | options
alter index app.customer_name_idx set (fillfactor = 60);

-- changed | index | app.customer.customer_name_idx | comment
comment on index app.customer_name_idx is 'x';

-- changed | index | app.customer.customer_name_idx | clustered
alter table app.customer cluster on customer_name_idx;

-- changed | index | app.customer.customer_lower_idx | statistics
alter index app.customer_lower_idx alter column 1 set statistics 700;
