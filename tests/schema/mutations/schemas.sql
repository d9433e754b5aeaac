-- Single faults in the schema of rich.sql, each under the one difference that it makes.

-- missing | schema | spare
drop schema spare cascade;

-- extra | schema | more
create schema more;

-- extra | schema | more
create schema more;
create table more.t (id serial primary key, a int);
create index on more.t (a);

-- renamed | schema | spare | name
alter schema spare rename to spared;

-- renamed | schema | audit | name
alter schema audit rename to audited;

-- changed | schema | app | comment
comment on schema app is 'another';

-- changed | schema | spare | comment
comment on schema spare is 'new';

-- changed | schema | app | owner
alter schema app owner to harness_owner;

-- changed | schema | app | grants
grant create on schema app to harness_writer;

-- changed | schema | public | grants
grant usage on schema public to harness_writer;

-- changed | schema | public | comment
comment on schema public is 'mine';

-- renamed | schema | app | name
alter schema app rename to shop;
