-- Single faults in the schema of rich.sql, each under the one difference that it makes.

-- missing | enum | app.unused
drop type app.unused;

-- missing | enum | app.status
drop type app.status cascade;

-- extra | enum | app.more
create type app.more as enum ('x');

-- renamed | enum | app.unused | name
alter type app.unused rename to useless;

-- renamed | enum | app.mood | name
alter type app.mood rename to feeling;

-- renamed | enum | app.status | schema
alter type app.status set schema spare;

-- changed | enum | app.mood | labels
alter type app.mood add value 'angry';

-- changed | enum | app.mood | labels
alter type app.mood add value 'angry' before 'ok';

-- changed | enum | app.unused | labels
alter type app.unused rename value 'a' to 'z';

-- changed | enum | app.unused | labels
drop type app.unused;
create type app.unused as enum ('b', 'a');

-- changed | enum | app.unused | labels
drop type app.unused;
create type app.unused as enum ('a');

-- changed | enum | app.status | comment
comment on type app.status is null;

-- changed | enum | app.status | owner
alter type app.status owner to harness_owner;

-- changed | enum | app.status | grants
revoke usage on type app.status from public;

-- missing | domain | app.label
drop domain app.label cascade;

-- extra | domain | app.more
create domain app.more as integer check (value > 1);

-- renamed | domain | app.quantity | name
alter domain app.quantity rename to qty;

-- changed | domain | app.quantity | default
alter domain app.quantity set default 2;

-- changed | domain | app.quantity | default
alter domain app.quantity drop default;

-- changed | domain | app.quantity | nullable
alter domain app.quantity drop not null;

-- changed | domain | app.label | nullable
alter domain app.label set not null;

-- changed | domain | app.label | type
alter table spare.thing alter label type text;
drop domain app.label;
create domain app.label as varchar(50) collate "C";
alter table spare.thing alter label type app.label;

-- changed | domain | app.label | collation
alter table spare.thing alter label type text;
drop domain app.label;
create domain app.label as varchar(40);
alter table spare.thing alter label type app.label;

-- changed | domain | app.quantity | comment
comment on domain app.quantity is 'x';

-- missing | domain constraint | app.quantity.quantity_positive
alter domain app.quantity drop constraint quantity_positive;

-- extra | domain constraint | app.quantity.small
alter domain app.quantity add constraint small check (value < 99);

-- renamed | domain constraint | app.quantity.quantity_positive | name
alter domain app.quantity rename constraint quantity_positive to positive;

-- changed | domain constraint | app.quantity.quantity_positive | expression
alter domain app.quantity drop constraint quantity_positive;
alter domain app.quantity add constraint quantity_positive check (value > 1);

-- changed | domain constraint | app.quantity.quantity_positive | validated
alter domain app.quantity drop constraint quantity_positive;
alter domain app.quantity add constraint quantity_positive check (value > 0) not valid;

-- changed | domain constraint | app.quantity.quantity_positive | comment
comment on constraint quantity_positive on domain app.quantity is 'x';

-- extra | composite type | app.more
create type app.more as (a integer);

-- renamed | composite type | app.address | name
alter type app.address rename to place;

-- changed | composite type | app.address | attributes
alter type app.address add attribute land text;

-- changed | composite type | app.address | attributes
alter type app.address drop attribute zip;

-- changed | composite type | app.address | attributes
alter type app.address rename attribute zip to plz;

-- changed | composite type | app.address | attribute_comments
comment on column app.address.zip is 'x';

-- changed | composite type | app.address | comment
comment on type app.address is 'x';

-- extra | range type | app.more
create type app.more as range (subtype = float8);

-- renamed | range type | app.money_range | name
alter type app.money_range rename to price_range;

-- changed | enum | app.status | labels
alter type app.status rename value 'new' to 'fresh';
