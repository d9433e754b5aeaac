-- gate.drift.column.type | column public.app_user.email | type | character varying(255) | character varying(320)
alter table app_user alter email type varchar(320);
-- gate.drift.column.type | column public.product.price | type | numeric(12,2) | numeric(10,2)
alter table product alter price type numeric(10, 2);
-- gate.drift.column.nullable | column public.app_user.first_name | nullable | not null | null
alter table app_user alter first_name drop not null;
-- gate.drift.column.nullable | column public.shipment.tracking_number | nullable | null | not null
alter table shipment alter tracking_number set not null;
-- gate.drift.column.default | column public.product.currency | default | 'EUR'::character varying | 'USD'::character varying
alter table product alter currency set default 'USD';
-- gate.drift.column.default | column public.customer_order.total_amount | default | 0 | -
alter table customer_order alter total_amount drop default;
-- gate.drift.column.default | column public.shipment.carrier | default | - | 'DHL'::character varying
alter table shipment alter carrier set default 'DHL';
-- gate.drift.column.extra | column public.app_user.vip | - | - | boolean not null default false
alter table app_user add vip boolean not null default false;
-- gate.drift.column.missing | column public.shipment.carrier | - | character varying(50) not null | -
alter table shipment drop carrier;
-- gate.drift.column.renamed | column public.user_address.city | name | city | town
alter table user_address rename city to town;
-- gate.drift.column.identity | column public.product.id | identity | by default | always
alter table product alter id set generated always;
-- gate.drift.column.identity-options | column public.product.id | identity_options | bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 | bigint start 1 increment 10 minvalue 1 maxvalue 9223372036854775807 cache 1
alter table product alter id set increment 10;
-- gate.drift.column.collation | column public.product.name | collation | - | pg_catalog."C"
alter table product alter name type varchar(200) collate "C";
-- gate.drift.column.statistics | column public.product.name | statistics | - | 500
alter table product alter name set statistics 500;
-- gate.drift.column.comment | column public.customer_order.total_amount | comment | Sum of the items, kept for listings | Do not use
comment on column customer_order.total_amount is 'Do not use';
-- gate.drift.table.extra | table public.app_user_backup | - | - | table
create table app_user_backup as select * from app_user;
-- gate.drift.table.missing | table public.shipment | - | table | -
drop table shipment;
-- gate.drift.table.renamed | table public.user_address | name | user_address | user_address_old
alter table user_address rename to user_address_old;
-- gate.drift.table.persistence | table public.shipment | persistence | permanent | unlogged
alter table shipment set unlogged;
-- gate.drift.table.options | table public.customer_order | options | - | autovacuum_vacuum_scale_factor=0.01
alter table customer_order set (autovacuum_vacuum_scale_factor = 0.01);
-- gate.drift.table.replica-identity | table public.product | replica_identity | - | full
alter table product replica identity full;
-- gate.drift.index.missing | index public.order_item.ix_order_item_product_id | - | method btree product_id | -
drop index ix_order_item_product_id;
-- gate.drift.index.extra | index public.product.product_name_idx | - | - | method btree name
create index product_name_idx on product (name);
-- gate.drift.index.extra | index public.product.product_currency_key | - | - | method btree unique on currency valid invalid
insert into product (sku, name, price) values ('a', 'x', 1), ('b', 'y', 2);
create unique index concurrently product_currency_key on product (currency);
-- gate.drift.index.valid | index public.shipment.ix_shipment_order_id | valid | - | invalid
update pg_index set indisvalid = false where indexrelid = 'ix_shipment_order_id'::regclass;
-- gate.drift.index.predicate | index public.app_user.uq_app_user_email_active | predicate | (deleted_at IS NULL) | -
drop index uq_app_user_email_active;
create unique index uq_app_user_email_active on app_user (email);
-- gate.drift.index.columns | index public.customer_order.ix_customer_order_user_id_created_at | columns | user_id, created_at | user_id
drop index ix_customer_order_user_id_created_at;
create index ix_customer_order_user_id_created_at on customer_order (user_id);
-- gate.drift.index.unique | index public.app_user.uq_app_user_email_active | unique | on | -
drop index uq_app_user_email_active;
create index uq_app_user_email_active on app_user (email) where deleted_at is null;
-- gate.drift.index.renamed | index public.user_address.ix_user_address_user_id | name | ix_user_address_user_id | by_hand
alter index ix_user_address_user_id rename to by_hand;
-- gate.drift.unique-constraint.missing | unique constraint public.product.uq_product_sku | - | sku | -
alter table product drop constraint uq_product_sku;
-- gate.drift.unique-constraint.extra | unique constraint public.shipment.one_each | - | - | order_id
alter table shipment add constraint one_each unique (order_id);
-- gate.drift.check-constraint.missing | check constraint public.order_item.ck_order_item_quantity_positive | - | (quantity > 0) | -
alter table order_item drop constraint ck_order_item_quantity_positive;
-- gate.drift.check-constraint.expression | check constraint public.product.ck_product_price_not_negative | expression | (price >= (0)::numeric) | (price > (0)::numeric)
alter table product drop constraint ck_product_price_not_negative;
alter table product add constraint ck_product_price_not_negative check (price > 0);
-- gate.drift.check-constraint.extra | check constraint public.product.short | - | - | (length((sku)::text) < 20)
alter table product add constraint short check (length(sku) < 20);
-- gate.drift.check-constraint.validated | check constraint public.product.ck_product_price_not_negative | validated | - | not valid
alter table product drop constraint ck_product_price_not_negative;
alter table product add constraint ck_product_price_not_negative check (price >= 0) not valid;
-- gate.drift.foreign-key.missing | foreign key public.shipment.fk_shipment_order_id_customer_order | - | order_id references public.customer_order references columns id on update no action on delete cascade | -
alter table shipment drop constraint fk_shipment_order_id_customer_order;
-- gate.drift.foreign-key.on-delete | foreign key public.user_address.fk_user_address_user_id_app_user | on_delete | cascade | no action
alter table user_address drop constraint fk_user_address_user_id_app_user;
alter table user_address add constraint fk_user_address_user_id_app_user foreign key (user_id) references app_user;
-- gate.drift.foreign-key.validated | foreign key public.customer_order.fk_customer_order_user_id_app_user | validated | - | not valid
alter table customer_order drop constraint fk_customer_order_user_id_app_user;
alter table customer_order add constraint fk_customer_order_user_id_app_user foreign key (user_id) references app_user
    on delete restrict not valid;
-- gate.drift.primary-key.missing | primary key public.shipment.pk_shipment | - | id | -
alter table shipment drop constraint pk_shipment;
-- gate.drift.trigger.enabled | trigger public.product.product_touch_updated_at | enabled | origin | disabled
alter table product disable trigger product_touch_updated_at;
-- gate.drift.trigger.missing | trigger public.app_user.app_user_touch_updated_at | - | timing before level row events update function public.touch_updated_at enabled origin | -
drop trigger app_user_touch_updated_at on app_user;
-- gate.drift.trigger.timing | trigger public.shipment.shipment_touch_updated_at | timing | before | after
drop trigger shipment_touch_updated_at on shipment;
create trigger shipment_touch_updated_at after update on shipment for each row execute function touch_updated_at();
-- gate.drift.function.body | function public.touch_updated_at() | body | ... | ...
create or replace function touch_updated_at() returns trigger language plpgsql as $$begin return new; end$$;
-- gate.drift.function.security | function public.touch_updated_at() | security | invoker | definer
alter function touch_updated_at() security definer;
-- gate.drift.view.definition | view public.product_sales | definition | ... | ...
create or replace view product_sales as
select id as product_id, sku, 0::bigint as units_sold, 0::numeric as revenue from product;
-- gate.drift.view.missing | view public.product_sales | - | ... | -
drop view product_sales;
-- gate.drift.enum.labels | enum public.order_status | labels | pending, paid, shipped, cancelled | pending, paid, shipped, cancelled, returned
alter type order_status add value 'returned';
-- gate.drift.enum.labels | enum public.order_status | labels | pending, paid, shipped, cancelled | pending, paid, sent, cancelled
alter type order_status rename value 'shipped' to 'sent';
-- gate.drift.sequence.extra | sequence public.invoice_number | - | - | bigint start 1 increment 1 minimum 1 maximum 9223372036854775807 cache 1
create sequence invoice_number;
-- gate.drift.schema.extra | schema audit | - | - | schema
create schema audit;
-- gate.drift.extension.extra | extension citext | - | - | ...
create extension citext;
-- gate.drift.table.grants | table public.app_user | grants | - | ...
grant select on app_user to gate_reader;
-- gate.drift.column.grants | column public.app_user.email | grants | - | gate_reader: update
grant update (email) on app_user to gate_reader;
-- gate.drift.default-privileges.extra | default privileges public.tables of postgres | - | - | default privileges
alter default privileges in schema public grant select on tables to gate_reader;
-- gate.drift.table.row-security | table public.customer_order | row_security | - | on
alter table customer_order enable row level security;
-- gate.drift.policy.extra | policy public.customer_order.own_orders | - | - | command select mode permissive roles gate_reader using (user_id = id)
create policy own_orders on customer_order for select to gate_reader using (user_id = id);
-- gate.drift.setting.extra | setting statement_timeout | - | - | value 1000
do $$ begin execute format('alter database %I set statement_timeout = 1000', current_database()); end $$;
-- gate.drift.publication.extra | publication cdc | - | - | publish insert, update, delete, truncate tables public.product
create publication cdc for table product;
