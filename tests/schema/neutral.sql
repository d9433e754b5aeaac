-- Operations on the schema of rich.sql after which it is what it was.

-- neutral | nothing at all
select 1;

-- neutral | analyze
analyze;

-- neutral | rows inserted
insert into app.product (sku, title, price) values ('a', 'b', 1);
insert into app.category (title) values ('x'), ('y');

-- neutral | sequence advanced
select nextval('app.ticket_seq');
select setval('app.plain_seq', 4711);
insert into app.category (title) values ('x');

-- neutral | identity advanced by rows
insert into audit.log (who) values ('a');

-- neutral | identity restarted
alter table app.product alter id restart with 500;

-- neutral | sequence restarted
alter sequence app.plain_seq restart with 9;

-- neutral | index dropped and made again
drop index app.customer_name_idx;
create index customer_name_idx on app.customer (name);
comment on index app.customer_name_idx is 'for the search';

-- neutral | partial index made again from its own definition
do $$
declare
    text_of text := pg_get_indexdef('app.customer_partial_idx'::regclass);
begin
    drop index app.customer_partial_idx;
    execute text_of;
end $$;

-- neutral | every index made again from its definition
do $$
declare
    names text[];
    texts text[];
    item text;
begin
    select array_agg(i.indexrelid::regclass::text), array_agg(pg_get_indexdef(i.indexrelid)) into names, texts
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'app' and c.relkind in ('r', 'm') and not c.relispartition
        and not exists (select from pg_constraint o where o.conindid = i.indexrelid);
    foreach item in array names loop execute 'drop index ' || item; end loop;
    foreach item in array texts loop execute item; end loop;
    comment on index app.customer_name_idx is 'for the search';
end $$;

-- neutral | reindex
reindex table app.customer;

-- neutral | truncate
truncate app.line, app.category, app.event;

-- neutral | truncate and restart identity
truncate app.product, app.line restart identity;

-- neutral | cluster and forget it
alter table app.customer cluster on customer_name_idx;
alter table app.customer set without cluster;

-- neutral | table rewritten
cluster app.wide using wide_ab_key;
alter table app.wide set without cluster;

-- neutral | default set to the same value
alter table app.customer alter score set default 0;

-- neutral | default set to the same expression
alter table app.customer alter created_at set default now();

-- neutral | default in other words of the same meaning to the parser
alter table app.customer alter tags set default '{}'::text[];

-- neutral | default dropped and set again
alter table app.customer alter mood drop default;
alter table app.customer alter mood set default 'ok';

-- neutral | type set to what it is
alter table app.product alter price type numeric(12, 2);

-- neutral | type changed and changed back
alter table app.wide alter a type bigint;
alter table app.wide alter a type integer;

-- neutral | varchar under its other name
alter table app."Order" alter kind type character varying(10);

-- neutral | not null dropped and set again
alter table app.product alter title drop not null;
alter table app.product alter title set not null;

-- neutral | not null set twice
alter table app.product alter title set not null;

-- neutral | column added and dropped
alter table app.wide add column z integer;
alter table app.wide drop column z;

-- neutral | physical column numbers shifted
alter table public.lonely add column z1 integer, add column z2 integer;
alter table public.lonely drop column z1, drop column z2, drop column note;
alter table public.lonely add column note text;

-- neutral | table rebuilt with the same definition
drop table public.lonely;
create table public.lonely (id integer, note text);
create rule lonely_quiet as on delete to public.lonely do instead nothing;

-- neutral | table rebuilt with dropped columns inside
drop table public.lonely;
create table public.lonely (gone integer, id integer, gone2 text, note text);
alter table public.lonely drop column gone, drop column gone2;
create rule lonely_quiet as on delete to public.lonely do instead nothing;

-- neutral | serial table rebuilt the long way
drop table app.category;
create sequence app.category_id_seq as integer;
create table app.category (
    id integer not null default nextval('app.category_id_seq'),
    parent_id integer,
    title text collate "C" not null,
    slug text
);
alter sequence app.category_id_seq owned by app.category.id;
alter table app.category add constraint category_pkey primary key (id);
alter table app.category add constraint category_slug_key unique (slug);
alter table app.category add constraint category_parent_id_fkey
    foreign key (parent_id) references app.category (id) on delete set null;

-- neutral | identity column made in steps
drop table audit.log;
create table audit.log (id bigint not null, who text not null, what text, at timestamptz default now());
alter table audit.log add primary key (id);
alter table audit.log alter id add generated always as identity;
alter table audit.log enable row level security, force row level security;
create policy log_write on audit.log as restrictive for insert to harness_writer with check (who <> '');
create policy log_own on audit.log for select using (who = current_user);
create trigger log_off after insert on audit.log for each row execute function app.log();
alter table audit.log disable trigger log_off;
grant usage on sequence audit.log_id_seq to harness_reader;

-- neutral | identity sequence of another name
drop table audit.log;
create table audit.log (
    id bigint generated always as identity (sequence name audit.odd_name) primary key, who text not null, what text,
    at timestamptz default now()
);
alter table audit.log enable row level security, force row level security;
create policy log_write on audit.log as restrictive for insert to harness_writer with check (who <> '');
create policy log_own on audit.log for select using (who = current_user);
create trigger log_off after insert on audit.log for each row execute function app.log();
alter table audit.log disable trigger log_off;
grant usage on sequence audit.odd_name to harness_reader;

-- neutral | table renamed and renamed back
alter table app.wide rename to wider;
alter table app.wider rename to wide;

-- neutral | column renamed and renamed back
alter table app.wide rename c to cc;
alter table app.wide rename cc to c;

-- neutral | enum grown to the same labels by ADD VALUE BEFORE
drop type app.unused;
create type app.unused as enum ('b');
alter type app.unused add value 'a' before 'b';

-- neutral | enum grown in the middle
alter table app."Order" alter status drop default;
drop view app.nested;
drop view app.big_order;
alter table app."Order" alter status type text;
drop type app.status;
create type app.status as enum ('new', 'done');
comment on type app.status is 'life of an order';
alter type app.status add value 'shipped' before 'done';
alter type app.status add value 'paid' after 'new';
alter table app."Order" alter status type app.status using status::text::app.status;
create view app.big_order as
    select o.id, o.total, c.name as customer_name, o.status
    from app."Order" o join app.customer c on c.id = o.customer_id
    where o.total > 1000;
create view app.nested as select customer_name from app.big_order;
comment on view app.big_order is 'large ones';
comment on column app.big_order.total is 'in euro';
create trigger big_order_insert instead of insert on app.big_order for each row execute function app.view_insert();
do $$ begin execute 'alter table app."Order" alter status set default ''new'''; end $$;

-- neutral | enum label renamed and renamed back
alter type app.unused rename value 'a' to 'z';
alter type app.unused rename value 'z' to 'a';

-- neutral | grants given twice
grant select on app.customer to harness_reader;
grant select on app.customer to harness_reader;

-- neutral | grants given in another order
revoke all on app.product from harness_writer;
grant update on app.product to harness_writer with grant option;
grant insert, select on app.product to harness_writer with grant option;

-- neutral | grants given to nobody and taken back
grant select on app.wide to harness_reader;
revoke select on app.wide from harness_reader;

-- neutral | function grant written out that is there by default
grant execute on function app.add(text) to public;

-- neutral | type grant written out that is there by default
grant usage on type app.mood to public;

-- neutral | column grants in another order
revoke update (name, nickname) on app.customer from harness_writer;
grant update (nickname) on app.customer to harness_writer;
grant update (name) on app.customer to harness_writer;

-- neutral | owner changed and changed back
alter table app.wide owner to harness_owner;
alter table app.wide owner to postgres;

-- neutral | constraint dropped and added again
alter table app.line drop constraint line_amount_check;
alter table app.line add constraint line_amount_check check (amount > 0);

-- neutral | check made again from its printed text
do $$
declare
    text_of text;
begin
    select pg_get_constraintdef(oid) into text_of from pg_constraint where conname = 'order_kind_check';
    alter table app."Order" drop constraint order_kind_check;
    execute 'alter table app."Order" add constraint order_kind_check ' || text_of;
end $$;

-- neutral | check made from its text read twice
alter table app."Order" drop constraint order_kind_check;
alter table app."Order" add constraint order_kind_check
    check (((kind)::text = any (array[('web'::character varying)::text, ('shop'::character varying)::text, ('phone'::character varying)::text])));

-- neutral | check with other blanks and parentheses
alter table app.product drop constraint product_price_check;
alter table app.product add constraint product_price_check check (((price))   >   0);

-- neutral | foreign key dropped and added again
alter table app.line drop constraint line_product_fkey;
alter table app.line add constraint line_product_fkey foreign key (product_id) references app.product;

-- neutral | foreign key made not valid and validated
alter table app.line drop constraint line_product_fkey;
alter table app.line add constraint line_product_fkey foreign key (product_id) references app.product (id) not valid;
alter table app.line validate constraint line_product_fkey;

-- neutral | primary key from an index made before
alter table app.cache drop constraint cache_pkey;
create unique index made_before on app.cache (key);
alter table app.cache add constraint cache_pkey primary key using index made_before;

-- neutral | unique constraint from an index made before
alter table app.wide drop constraint wide_ab_key;
create unique index made_before on app.wide (a, b);
alter table app.wide add constraint wide_ab_key unique using index made_before;

-- neutral | constraint renamed and renamed back
alter table app.wide rename constraint wide_ab_key to other;
alter table app.wide rename constraint other to wide_ab_key;

-- neutral | foreign key's triggers disabled and enabled
alter table app.line disable trigger all;
alter table app.line enable trigger all;

-- neutral | view replaced by itself
create or replace view app.order_count as select customer_id, count(*) as orders from app."Order" group by customer_id;

-- neutral | view made again from its printed text
do $$
declare
    text_of text := pg_get_viewdef('app.order_count'::regclass);
begin
    drop view app.order_count;
    execute 'create view app.order_count as ' || text_of;
end $$;

-- neutral | view options in another order
alter view app.active_customer reset (security_barrier, check_option);
alter view app.active_customer set (check_option = local, security_barrier = true);

-- neutral | materialized view refreshed
refresh materialized view app.revenue;

-- neutral | materialized view filled and emptied
refresh materialized view app.stale;
refresh materialized view app.stale with no data;

-- neutral | function replaced by itself
create or replace function app.add(a text) returns text language sql as 'select a';

-- neutral | function made again from its printed text
do $$ begin execute pg_get_functiondef('app.add(integer, integer)'::regprocedure); end $$;

-- neutral | every function made again from its printed text
do $$
declare
    item record;
begin
    for item in select p.oid from pg_proc p where p.pronamespace = 'app'::regnamespace and p.prokind in ('f', 'p')
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'i')
    loop
        execute pg_get_functiondef(item.oid);
    end loop;
end $$;

-- neutral | trigger made again from its printed text
do $$
declare
    text_of text;
begin
    select pg_get_triggerdef(oid) into text_of from pg_trigger where tgname = 'customer_touch';
    drop trigger customer_touch on app.customer;
    execute text_of;
end $$;

-- neutral | trigger disabled and enabled
alter table app.customer disable trigger customer_touch;
alter table app.customer enable trigger customer_touch;

-- neutral | trigger events in another order
drop trigger customer_log on app.customer;
create trigger customer_log after delete or insert on app.customer for each statement execute function app.log('a', 'b');

-- neutral | policy dropped and made again
drop policy log_own on audit.log;
create policy log_own on audit.log as permissive for select to public using (who = current_user);

-- neutral | comment set to the same
comment on table app.customer is 'who buys';

-- neutral | comment set and removed
comment on table app.wide is 'x';
comment on table app.wide is null;

-- neutral | empty comment
comment on table app.wide is '';

-- neutral | storage parameters in another order
alter table app.line reset (fillfactor, autovacuum_enabled);
alter table app.line set (autovacuum_enabled = false, fillfactor = 80);

-- neutral | storage parameter set and reset
alter table app.wide set (fillfactor = 50);
alter table app.wide reset (fillfactor);

-- neutral | partition detached and attached
alter table app.event detach partition app.event_2024;
alter table app.event attach partition app.event_2024 for values from ('2024-01-01') to ('2025-01-01');

-- neutral | partition made apart and attached
drop table app.listed_eu;
create table app.listed_eu (like app.listed including all);
alter table app.listed attach partition app.listed_eu for values in ('de', 'fr');

-- neutral | partition of a partitioned table with keys made apart and attached
drop table app.event_2025;
create table app.event_2025 (like app.event including all);
alter table app.event attach partition app.event_2025 for values from ('2025-01-01') to ('2026-01-01');

-- neutral | heir cut off and joined again
alter table app.heir no inherit app.base;
alter table app.heir inherit app.base;

-- neutral | unlogged and logged again
alter table app.wide set unlogged;
alter table app.wide set logged;

-- neutral | replica identity set and reset
alter table app.customer replica identity full;
alter table app.customer replica identity default;

-- neutral | storage set to the type's own
alter table app.wide alter e set storage extended;

-- neutral | statistics target set and reset
alter table app.wide alter e set statistics 7;
alter table app.wide alter e set statistics -1;

-- neutral | domain constraint dropped and added
alter domain app.quantity drop constraint quantity_positive;
alter domain app.quantity add constraint quantity_positive check (value > 0);

-- neutral | composite attribute added and dropped
alter type app.address add attribute land text;
alter type app.address drop attribute land;

-- neutral | schema made and dropped
create schema passing;
create table passing.t (id serial);
drop schema passing cascade;

-- neutral | temporary objects
create temporary table passing (id serial primary key, mood app.mood);
create temporary view passing_view as select * from passing;
create temporary sequence passing_seq;

-- neutral | extension made and dropped
create extension pg_trgm schema public;
drop extension pg_trgm;

-- neutral | statistics made again
drop statistics app.customer_stats;
create statistics app.customer_stats (dependencies, ndistinct) on mood, born from app.customer;

-- neutral | publication tables in another order
alter publication corpus_publication drop table app.customer;
alter publication corpus_publication add table app.customer;

-- neutral | settings of the session
set local search_path = app, public;
set local timezone = 'Asia/Tokyo';
set local datestyle = 'German';
set local intervalstyle = 'iso_8601';
set local quote_all_identifiers = on;
set local standard_conforming_strings = off;
set local bytea_output = 'escape';
set local extra_float_digits = -5;

-- neutral | another role
set local role harness_reader;

-- neutral | cast and operator made again
drop cast (app.address as text);
create cast (app.address as text) with inout as assignment;

-- neutral | default privileges given twice
alter default privileges in schema spare grant select on tables to harness_reader;

-- neutral | setting set and reset
do $$
begin
    execute format('alter database %I set work_mem = %L', current_database(), '8MB');
    execute format('alter database %I reset work_mem', current_database());
end $$;

-- neutral | not null named as the server would | since 18
alter table app.product alter title drop not null;
alter table app.product add constraint product_title_not_null not null title;

-- neutral | defaults in other words
alter table app.line alter position set default 1;
alter table app.product alter stock set default '0';
alter table app.customer alter score set default 0.00;
alter table app."Order" alter placed_at set default now();
alter table public.lonely alter note set default null;

-- neutral | column type named by an alias
alter table app.product alter weight type float4;
alter table public.lonely alter id type int4;

-- neutral | index made beside the old one and renamed
create index passing on app.customer (name);
drop index app.customer_name_idx;
alter index app.passing rename to customer_name_idx;
comment on index app.customer_name_idx is 'for the search';
