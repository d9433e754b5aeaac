-- Single faults in the schema of rich.sql, each under the one difference that it makes.

-- missing | view | app.nested
drop view app.nested;

-- missing | view | app.big_order
drop view app.big_order cascade;

-- extra | view | app.more
create view app.more as select 1 as one;

-- renamed | view | app.active_customer | name
alter view app.active_customer rename to living_customer;

-- renamed | view | app.big_order | name
alter view app.big_order rename to large_order;

-- changed | view | app.order_count | definition
create or replace view app.order_count as select customer_id, count(*) + 1 as orders from app."Order" group by customer_id;

-- changed | view | app.order_count | definition
create or replace view app.order_count as select customer_id, count(*) as orders, 1 as more from app."Order" group by customer_id;

-- changed | view | app.active_customer | options
alter view app.active_customer set (security_barrier = false);

-- changed | view | app.active_customer | options
alter view app.active_customer set (check_option = cascaded);

-- changed | view | app.active_customer | options | since 15
alter view app.active_customer set (security_invoker = true);

-- changed | view | app.big_order | comment
comment on view app.big_order is 'x';

-- changed | view | app.big_order | column_comments
comment on column app.big_order.total is 'x';

-- changed | view | app.active_customer | column_defaults
alter view app.active_customer alter column name set default 'x';

-- changed | view | app.big_order | owner
alter view app.big_order owner to harness_owner;

-- changed | view | app.big_order | grants
grant select on app.big_order to harness_reader;

-- changed | view | app.order_count | kind
drop view app.order_count;
create materialized view app.order_count as select customer_id, count(*) as orders from app."Order" group by customer_id;

-- missing | materialized view | app.stale
drop materialized view app.stale;

-- missing | materialized view | app.revenue
drop materialized view app.revenue;

-- changed | materialized view | app.stale | populated
refresh materialized view app.stale;

-- changed | materialized view | app.revenue | populated
refresh materialized view app.revenue with no data;

-- changed | materialized view | app.revenue | options
alter materialized view app.revenue set (fillfactor = 50);

-- changed | materialized view | app.stale | definition
drop materialized view app.stale;
create materialized view app.stale as select id from app.product where stock > 0 with no data;

-- changed | materialized view | app.revenue | comment
comment on materialized view app.revenue is 'x';

-- renamed | materialized view | app.revenue | name
alter materialized view app.revenue rename to income;

-- changed | materialized view | app.revenue | column_statistics
alter materialized view app.revenue alter column total set statistics 9;

-- changed | view | app.nested | kind
drop view app.nested;
create table app.nested (customer_name varchar(100));

-- changed | view | app.big_order | column_grants
grant select (total) on app.big_order to harness_reader;

-- changed | materialized view | app.revenue | column_grants
grant select (total) on app.revenue to harness_reader with grant option;

-- changed | view | app.big_order | definition
alter view app.big_order rename column customer_name to called;
