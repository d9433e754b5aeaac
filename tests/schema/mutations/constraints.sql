-- Single faults in the schema of rich.sql, each under the one difference that it makes.

-- missing | primary key | public.alembic_version.alembic_version_pkc
alter table public.alembic_version drop constraint alembic_version_pkc;

-- missing | primary key | app.customer.customer_pkey
alter table app.customer drop constraint customer_pkey cascade;

-- missing | primary key | app.event.event_pkey
alter table app.event drop constraint event_pkey;

-- extra | primary key | public.lonely.lonely_pkey
alter table public.lonely add primary key (id);

-- changed | primary key | app.line.line_pkey | columns
alter table app.line drop constraint line_pkey, add constraint line_pkey primary key (position, order_id);

-- changed | primary key | app.product.product_pkey | include
alter table app.line drop constraint line_product_fkey;
alter table app.product drop constraint product_pkey, add constraint product_pkey primary key (id);
alter table app.line add constraint line_product_fkey foreign key (product_id) references app.product;

-- changed | primary key | app.cache.cache_pkey | deferrable
alter table app.cache drop constraint cache_pkey, add constraint cache_pkey primary key (key) deferrable;

-- changed | primary key | app.cache.cache_pkey | options
alter index app.cache_pkey set (fillfactor = 50);

-- changed | primary key | app.cache.cache_pkey | clustered
alter table app.cache cluster on cache_pkey;

-- renamed | primary key | app.cache.cache_pkey | name
alter table app.cache rename constraint cache_pkey to pk_cache;

-- renamed | primary key | app.cache.cache_pkey | name
alter index app.cache_pkey rename to pk_cache;

-- missing | unique constraint | app.wide.wide_ab_key
alter table app.wide drop constraint wide_ab_key;

-- extra | unique constraint | app.wide.wide_c_key
alter table app.wide add unique (c);

-- changed | unique constraint | app.wide.wide_ab_key | columns
alter table app.wide drop constraint wide_ab_key, add constraint wide_ab_key unique (b, a);

-- changed | unique constraint | app.wide.wide_ab_key | include
alter table app.wide drop constraint wide_ab_key, add constraint wide_ab_key unique (a, b) include (c);

-- changed | unique constraint | app.wide.wide_ab_key | nulls_not_distinct | since 15
alter table app.wide drop constraint wide_ab_key, add constraint wide_ab_key unique nulls not distinct (a, b);

-- changed | unique constraint | app.wide.wide_ab_key | deferrable
alter table app.wide drop constraint wide_ab_key, add constraint wide_ab_key unique (a, b) deferrable;

-- changed | unique constraint | app.product.product_sku_key | deferrable
alter table app.product drop constraint product_sku_key, add constraint product_sku_key unique (sku);

-- changed | unique constraint | app.wide.wide_ab_key | comment
comment on constraint wide_ab_key on app.wide is 'x';

-- changed | unique constraint | app.wide.wide_ab_key | kind
alter table app.wide drop constraint wide_ab_key;
create unique index wide_ab_key on app.wide (a, b);

-- renamed | unique constraint | app.wide.wide_ab_key | name
alter table app.wide rename constraint wide_ab_key to uq_wide;

-- missing | foreign key | app.line.line_product_fkey
alter table app.line drop constraint line_product_fkey;

-- extra | foreign key | app.wide.wide_a_fkey
alter table app.wide add foreign key (a) references app.category;

-- extra | foreign key | app.wide.wide_a_fkey
alter table app.wide add foreign key (a) references app.category not valid;

-- extra | foreign key | app.Order.order_event_fkey
alter table app."Order" add constraint order_event_fkey foreign key (customer_id, placed_at) references app.event (id, at);

-- changed | foreign key | app.line.line_product_fkey | references
alter table app.line drop constraint line_product_fkey, add constraint line_product_fkey foreign key (product_id) references app.category (id);

-- changed | foreign key | app.Order.order_customer_fkey | on_delete
alter table app."Order" drop constraint order_customer_fkey, add constraint order_customer_fkey foreign key (customer_id) references app.customer (id) on delete set null;

-- changed | foreign key | app.Order.order_customer_fkey | on_update
alter table app."Order" drop constraint order_customer_fkey, add constraint order_customer_fkey foreign key (customer_id) references app.customer (id) on delete cascade on update restrict;

-- changed | foreign key | app.Order.order_customer_fkey | match
alter table app."Order" drop constraint order_customer_fkey, add constraint order_customer_fkey foreign key (customer_id) references app.customer (id) match full on delete cascade;

-- changed | foreign key | app.category.category_parent_id_fkey | on_delete_columns | since 15
alter table app.category drop constraint category_parent_id_fkey, add constraint category_parent_id_fkey foreign key (parent_id) references app.category (id) on delete set null (parent_id);

-- changed | foreign key | app.line.line_product_fkey | deferrable
alter table app.line alter constraint line_product_fkey deferrable;

-- changed | foreign key | app.line.line_order_fkey | deferrable
alter table app.line alter constraint line_order_fkey deferrable initially immediate;

-- changed | foreign key | app.line.line_order_fkey | deferrable
alter table app.line alter constraint line_order_fkey not deferrable;

-- changed | foreign key | app.line.line_product_fkey | validated
alter table app.line drop constraint line_product_fkey, add constraint line_product_fkey foreign key (product_id) references app.product (id) not valid;

-- changed | foreign key | app.line.line_product_fkey | enforced | since 18
alter table app.line drop constraint line_product_fkey, add constraint line_product_fkey foreign key (product_id) references app.product (id) not enforced;

-- changed | foreign key | app.line.line_product_fkey | comment
comment on constraint line_product_fkey on app.line is 'x';

-- renamed | foreign key | app.line.line_product_fkey | name
alter table app.line rename constraint line_product_fkey to fk_p;

-- missing | check constraint | app.product.product_price_check
alter table app.product drop constraint product_price_check;

-- missing | check constraint | app.event.event_kind_check
alter table app.event drop constraint event_kind_check;

-- missing | check constraint | app.base.base_made_check
alter table app.base drop constraint base_made_check;

-- extra | check constraint | app.wide.wide_check
alter table app.wide add constraint wide_check check (a < b);

-- extra | check constraint | app.base.more_check
alter table app.base add constraint more_check check (id > 0);

-- changed | check constraint | app.product.product_price_check | expression
alter table app.product drop constraint product_price_check, add constraint product_price_check check (price >= 0);

-- changed | check constraint | app.Order.order_kind_check | expression
alter table app."Order" drop constraint order_kind_check, add constraint order_kind_check check (kind in ('web', 'shop', 'mail'));

-- changed | check constraint | app.line.line_extra_check | validated
alter table app.line validate constraint line_extra_check;

-- changed | check constraint | app.line.line_amount_check | validated
alter table app.line drop constraint line_amount_check, add constraint line_amount_check check (amount > 0) not valid;

-- changed | check constraint | app.customer.customer_name_check | no_inherit
alter table app.customer drop constraint customer_name_check, add constraint customer_name_check check (length(name) > 0);

-- changed | check constraint | app.line.line_amount_check | enforced | since 18
alter table app.line drop constraint line_amount_check, add constraint line_amount_check check (amount > 0) not enforced;

-- changed | check constraint | app.customer.customer_score_check | comment
comment on constraint customer_score_check on app.customer is null;

-- renamed | check constraint | app.line.line_amount_check | name
alter table app.line rename constraint line_amount_check to ck_amount;

-- renamed | check constraint | app.event.event_kind_check | name
alter table app.event rename constraint event_kind_check to ck_kind;

-- missing | exclusion constraint | app.product.product_during_excl
alter table app.product drop constraint product_during_excl;

-- extra | exclusion constraint | app.product.more_excl
alter table app.product add constraint more_excl exclude using gist (valid_during with &&);

-- changed | exclusion constraint | app.product.product_during_excl | predicate
alter table app.product drop constraint product_during_excl, add constraint product_during_excl exclude using gist (sku with =, valid_during with &&);

-- changed | exclusion constraint | app.product.product_during_excl | elements
alter table app.product drop constraint product_during_excl, add constraint product_during_excl exclude using gist (sku with =, valid_during with -|-) where (stock > 0);

-- renamed | exclusion constraint | app.product.product_during_excl | name
alter table app.product rename constraint product_during_excl to excl;

-- changed | foreign key | app.line.line_product_fkey | enabled
alter table app.line disable trigger all;
alter table app.line enable trigger line_changes;
update pg_trigger set tgenabled = 'O' where tgconstraint = (select oid from pg_constraint where conname = 'line_order_fkey');

-- changed | primary key | app.customer.customer_pkey | index_comment
comment on index app.customer_pkey is 'x';

-- changed | unique constraint | app.ranged.ranged_key | period | since 18
alter table app.ranged drop constraint ranged_key;
alter table app.ranged add constraint ranged_key unique (id, during without overlaps);
