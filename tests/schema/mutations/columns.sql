-- Single faults in the schema of rich.sql, each under the one difference that it makes.

-- missing | column | public.lonely.note
alter table public.lonely drop column note;

-- missing | column | app.customer.born
alter table app.customer drop column born;

-- missing | column | app.customer.home
alter table app.customer drop column home;

-- missing | column | app.customer.name
alter table app.customer drop column name cascade;

-- missing | column | app.product.id
alter table app.product drop column id cascade;

-- missing | column | app.category.id
alter table app.category drop column id cascade;

-- missing | column | app.wide.a
alter table app.wide drop column a;

-- missing | column | app.event.body
alter table app.event drop column body;

-- missing | column | app.line.amount
alter table app.line drop column amount;

-- extra | column | public.lonely.more
alter table public.lonely add column more text;

-- extra | column | public.lonely.more
alter table public.lonely add column more serial;

-- extra | column | public.lonely.more
alter table public.lonely add column more integer unique;

-- extra | column | public.lonely.more
alter table public.lonely add column more integer references app.category;

-- extra | column | public.lonely.more
alter table public.lonely add column more integer check (more > 0);

-- extra | column | public.lonely.more
alter table public.lonely add column more int;
create index on public.lonely (more);

-- extra | column | public.lonely.more
alter table public.lonely add column more int generated always as identity;

-- extra | column | app.event.more
alter table app.event add column more text;

-- extra | column | app.base.more
alter table app.base add column more text;

-- extra | column | app.customer.more
alter table app.customer add column more app.mood default 'sad';

-- renamed | column | public.lonely.note | name
alter table public.lonely rename note to remark;

-- renamed | column | app.customer.name | name
alter table app.customer rename name to called;

-- renamed | column | app.customer.id | name
alter table app.customer rename id to number;

-- renamed | column | app.event.kind | name
alter table app.event rename kind to sort;

-- renamed | column | app.wide.a | name
alter table app.wide rename a to z;

-- renamed | column | app.product.id | name
alter table app.product rename id to pid;

-- changed | column | public.lonely.note | type
alter table public.lonely alter note type varchar(20);

-- changed | column | public.lonely.id | type
alter table public.lonely alter id type bigint;

-- changed | column | app.line.amount | type
alter table app.line alter amount type bigint;

-- changed | column | app.line.position | type
alter table app.line alter position type integer;

-- changed | column | app.product.price | type
alter table app.product alter price type numeric(14, 2);

-- changed | column | app.product.price | type
alter table app.product alter price type numeric(12, 3);

-- changed | column | app.product.price | type
alter table app.product alter price type double precision;

-- changed | column | app.product.weight | type
alter table app.product alter weight type double precision;

-- changed | column | app.wide.e | type
alter table app.wide alter e type text;

-- changed | column | app.wide.e | type
alter table app.wide alter e type varchar(64);

-- changed | column | app.wide.a | type
alter table app.wide alter a type bigint;

-- changed | column | app.category.slug | type
alter table app.category alter slug type varchar(50);

-- changed | column | app.product.dims | type
alter table app.product alter dims type bigint[];

-- changed | column | app.product.lasting | type
alter table app.product alter lasting type interval(6);

-- changed | column | app.product.lasting | type
alter table app.product alter lasting type interval day to second;

-- changed | column | app.product.bits | type
alter table app.product alter bits type bit varying(16);

-- changed | column | audit.log.id | type
alter table audit.log alter id type integer;

-- changed | column | app.product.valid_during | type
alter table app.product alter valid_during type tsrange using tsrange(lower(valid_during)::timestamp, null);

-- changed | column | app.product.ip | type
alter table app.product alter ip type cidr;

-- changed | column | app.customer.updated_at | type
alter table app.customer alter updated_at type timestamptz;

-- changed | column | app.customer.created_at | type
alter table app.customer alter created_at type timestamp;

-- changed | column | app.line.extra | type
alter table app.line alter extra type json;

-- changed | column | app.customer.born | type
alter table app.customer alter born type timestamp;

-- changed | column | app.customer.code | type
alter table app.customer alter code type char(9);

-- changed | column | app.category.id | type
alter table app.category alter id type bigint;

-- changed | column | app.event.body | type
alter table app.event alter body type varchar(9);

-- changed | column | app.event.kind | type
alter table app.event alter kind type varchar(30);

-- changed | column | app.base.made | type
alter table app.base alter made type timestamp;

-- changed | column | app.Order.total | type
drop view app.nested;
drop view app.big_order;
drop materialized view app.revenue;
alter table app."Order" alter total type numeric(14, 2);
create view app.big_order as select o.id, o.total, c.name as customer_name, o.status from app."Order" o join app.customer c on c.id = o.customer_id where o.total > 1000;
comment on view app.big_order is 'large ones';
comment on column app.big_order.total is 'in euro';
create trigger big_order_insert instead of insert on app.big_order for each row execute function app.view_insert();
create view app.nested as select customer_name from app.big_order;
create materialized view app.revenue as select customer_id, sum(total) as total from app."Order" group by customer_id;
create unique index revenue_customer_idx on app.revenue (customer_id);

-- changed | column | public.lonely.note | nullable
alter table public.lonely alter note set not null;

-- changed | column | app.customer.name | nullable
alter table app.customer alter name drop not null;

-- changed | column | app.event.kind | nullable
alter table app.event alter kind drop not null;

-- changed | column | app.base.made | nullable
alter table app.base alter made set not null;

-- changed | column | public.lonely.note | default
alter table public.lonely alter note set default 'x';

-- changed | column | app.customer.score | default
alter table app.customer alter score drop default;

-- changed | column | app.customer.score | default
alter table app.customer alter score set default 1;

-- changed | column | app.customer.active | default
alter table app.customer alter active set default false;

-- changed | column | app.customer.created_at | default
alter table app.customer alter created_at set default clock_timestamp();

-- changed | column | app.customer.tags | default
alter table app.customer alter tags set default '{a}';

-- changed | column | app.customer.settings | default
alter table app.customer alter settings set default '[]';

-- changed | column | app.customer.mood | default
alter table app.customer alter mood set default 'sad';

-- changed | column | app.customer.ticket | default
alter table app.customer alter ticket set default nextval('app.plain_seq');

-- changed | column | app.customer.id | default
alter table app.customer alter id drop default;

-- changed | column | app.category.id | default
drop sequence app.category_id_seq cascade;

-- changed | column | public.lonely.id | default
create sequence public.lonely_id_seq as integer owned by public.lonely.id;
alter table public.lonely alter id set default nextval('public.lonely_id_seq');

-- changed | column | app.base.made | default
alter table app.base alter made drop default;

-- changed | column | app.product.id | identity
alter table app.product alter id set generated by default;

-- changed | column | app.product.id | identity
alter table app.product alter id drop identity;

-- changed | column | app.category.id | identity
alter table app.category alter id drop default;
drop sequence app.category_id_seq;
alter table app.category alter id add generated by default as identity;

-- changed | column | app.line.amount | identity
alter table app.line alter amount add generated always as identity;

-- changed | column | app.Order.id | identity_options
alter table app."Order" alter id set increment by 20;

-- changed | column | app.Order.id | identity_options
alter table app."Order" alter id set start 5;

-- changed | column | app.product.id | identity_options
alter table app.product alter id set maxvalue 1000;

-- changed | column | app.product.id | identity_options
alter table app.product alter id set cycle;

-- changed | column | app.customer.full_name | generated
alter table app.customer drop full_name;
alter table app.customer add full_name text generated always as (name || '!') stored;

-- changed | column | app.customer.full_name | generated
alter table app.customer alter full_name drop expression;

-- changed | column | app.customer.full_name | generated_kind | since 18
alter table app.customer drop full_name;
alter table app.customer add full_name text generated always as (name || coalesce(nickname, '')) virtual;

-- changed | column | app.customer.code | collation
alter table app.customer alter code type char(8) collate "POSIX";

-- changed | column | app.category.title | collation
alter table app.category alter title type text;

-- changed | column | public.lonely.note | collation
alter table public.lonely alter note type text collate "C";

-- changed | column | app.wide.c | storage
alter table app.wide alter c set storage extended;

-- changed | column | app.wide.d | storage
alter table app.wide alter d set storage main;

-- changed | column | app.wide.d | compression | since 14
alter table app.wide alter d set compression pglz;

-- changed | column | app.wide.d | statistics
alter table app.wide alter d set statistics 100;

-- changed | column | app.wide.a | statistics
alter table app.wide alter a set statistics 0;

-- changed | column | app.wide.a | options
alter table app.wide alter a set (n_distinct = 200);

-- changed | column | app.wide.b | options
alter table app.wide alter b set (n_distinct_inherited = 2);

-- changed | column | app.customer.email | comment
comment on column app.customer.email is 'x';

-- changed | column | app.customer.name | comment
comment on column app.customer.name is 'x';

-- changed | column | app.customer.name | grants
revoke update (name) on app.customer from harness_writer;

-- changed | column | app.customer.code | grants
grant select (code) on app.customer to harness_writer;

-- changed | table | public.lonely | column_order
alter table public.lonely drop column id;
alter table public.lonely add column id integer;

-- changed | column | app.customer.name | not_null_name | since 18
alter table app.customer rename constraint customer_name_not_null to odd;

-- changed | column | app.customer.name | not_null_options | since 18
alter table app.customer alter constraint customer_name_not_null no inherit;

-- changed | column | app.remote.id | server_options
alter foreign table app.remote alter id options (set column_name 'k');

-- changed | column | app.customer.score | type
alter table app.customer drop constraint customer_score_check;
drop index app.customer_partial_idx;
alter table app.customer alter score type integer;
alter table app.customer add constraint customer_score_check check (score >= 0 and score < 1000000);
comment on constraint customer_score_check on app.customer is 'sane';
create index customer_partial_idx on app.customer (born) where active and score > 10;

-- changed | column | app.customer.score | type
alter table app.customer alter score type double precision;

-- changed | column | app.Order.kind | type
alter table app."Order" alter kind type text;

-- changed | column | app.customer.nickname | type
alter table app.customer drop full_name;
drop statistics app.customer_expr;
alter table app.customer alter nickname type varchar(30);
alter table app.customer add full_name text generated always as (name || coalesce(nickname, '')) stored;
create statistics app.customer_expr on lower(name), upper(nickname) from app.customer;

-- changed | column | app.Order.status | type
drop view app.nested;
drop view app.big_order;
alter table app."Order" alter status drop default;
alter table app."Order" alter status type varchar(20);
alter table app."Order" alter status set default 'new';
create view app.big_order as
    select o.id, o.total, c.name as customer_name, o.status
    from app."Order" o join app.customer c on c.id = o.customer_id where o.total > 1000;
create view app.nested as select customer_name from app.big_order;
comment on view app.big_order is 'large ones';
comment on column app.big_order.total is 'in euro';
create trigger big_order_insert instead of insert on app.big_order for each row execute function app.view_insert();

-- changed | column | audit.log.id | identity_grants
revoke usage on sequence audit.log_id_seq from harness_reader;

-- changed | column | audit.log.id | identity_comment
comment on sequence audit.log_id_seq is 'x';

-- changed | column | public.lonely.note | nullable | since 18
alter table public.lonely add constraint odd not null note;

-- changed | column | public.lonely.note | nullable | since 18
alter table public.lonely add constraint lonely_note_not_null not null note not valid;

-- changed | column | app.customer.full_name | generated | since 17
alter table app.customer alter full_name set expression as (name || '?');
