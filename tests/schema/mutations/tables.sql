-- Single faults in the schema of rich.sql, each under the one difference that it makes.

-- missing | table | public.lonely
drop table public.lonely;

-- missing | table | app.category
drop table app.category;

-- missing | table | audit.log
drop table audit.log;

-- missing | table | app.line
drop table app.line;

-- missing | table | app.customer
drop table app.customer cascade;

-- missing | table | app.event
drop table app.event;

-- missing | table | app.event_2024
drop table app.event_2024;

-- missing | table | app.base
drop table app.base cascade;

-- extra | table | app.fresh
create table app.fresh (id integer);

-- extra | table | app.fresh
create table app.fresh (id serial primary key, c bigint references app.customer, t text unique);

-- extra | table | app.fresh
create table app.fresh (id int primary key, mood app.mood);
create index on app.fresh (mood);

-- extra | table | app.event_2026
create table app.event_2026 partition of app.event for values from ('2026-01-01') to ('2027-01-01');

-- extra | table | app.heir2
create table app.heir2 (more int) inherits (app.base);

-- renamed | table | app.line | name
alter table app.line rename to lines;

-- renamed | table | app.customer | name
alter table app.customer rename to client;

-- renamed | table | audit.log | name
alter table audit.log rename to journal;

-- renamed | table | app.wide | schema
alter table app.wide set schema spare;

-- changed | table | app.wide | persistence
alter table app.wide set unlogged;

-- changed | table | app.cache | persistence
alter table app.cache set logged;

-- changed | table | app.category | persistence
alter table app.category set unlogged;

-- changed | table | app.line | options
alter table app.line set (fillfactor = 70);

-- changed | table | app.line | options
alter table app.line reset (fillfactor);

-- changed | table | app.customer | options
alter table app.customer set (toast.autovacuum_enabled = false);

-- changed | table | app.customer | options
alter table app.customer set (parallel_workers = 4);

-- changed | table | app.wide | replica_identity
alter table app.wide replica identity default;

-- changed | table | app.customer | replica_identity
alter table app.customer replica identity nothing;

-- changed | table | app.customer | replica_identity
alter table app.customer replica identity using index customer_email_key;

-- changed | table | audit.log | row_security
alter table audit.log disable row level security;

-- changed | table | app.customer | row_security
alter table app.customer enable row level security;

-- changed | table | audit.log | force_row_security
alter table audit.log no force row level security;

-- changed | table | app.customer | force_row_security
alter table app.customer force row level security;

-- changed | table | app.customer | comment
comment on table app.customer is 'others';

-- changed | table | app.customer | comment
comment on table app.customer is null;

-- changed | table | app.product | comment
comment on table app.product is 'new';

-- changed | table | app.product | owner
alter table app.product owner to harness_owner;

-- changed | table | app.category | owner
alter table app.category owner to harness_owner;

-- changed | table | app.customer | grants
grant insert on app.customer to harness_reader;

-- changed | table | app.customer | grants
revoke select on app.customer from harness_reader;

-- changed | table | app.customer | grants
grant select on app.customer to harness_reader with grant option;

-- changed | table | app.wide | grants
grant select on app.wide to public;

-- changed | table | app.wide | grants
revoke delete on app.wide from postgres;

-- changed | table | app.heir | inherits
alter table app.heir no inherit app.base;

-- changed | table | app.event_2025 | partition
alter table app.event detach partition app.event_2025;

-- changed | table | app.event_2024 | partition
alter table app.event detach partition app.event_2024;
alter table app.event attach partition app.event_2024 for values from ('2024-01-01') to ('2024-07-01');

-- changed | table | app.listed_us | partition
alter table app.listed attach partition app.listed_us for values in ('us');

-- changed | table | app.listed_eu | partition
drop table app.listed_eu;
create table app.listed_eu partition of app.listed for values in ('de', 'it');

-- changed | table | app.listed | partition_key
drop table app.listed_eu;
drop table app.listed;
create table app.listed (region text not null, value int) partition by list (lower(region));
create table app.listed_eu partition of app.listed for values in ('de', 'fr');

-- renamed | table | app.customer | schema
alter table app.customer set schema spare;

-- changed | table | app.wide | access_method | since 15
alter table app.wide set access method corpus_heap;

-- changed | table | public.lonely | partition_key
drop table public.lonely;
create table public.lonely (id integer, note text) partition by hash (id);
create rule lonely_quiet as on delete to public.lonely do instead nothing;

-- changed | table | public.lonely | of_type
alter table public.lonely of app.typed;

-- renamed | table | app.event | name
alter table app.event rename to happening;

-- renamed | table | app.base | name
alter table app.base rename to basis;

-- renamed | table | audit.log | schema
alter table audit.log set schema app;
