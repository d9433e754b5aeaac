-- Single faults in the schema of rich.sql, each under the one difference that it makes.

-- missing | function | app.add(text)
drop function app.add(text);

-- missing | function | app.touch()
drop function app.touch() cascade;

-- extra | function | app.more()
create function app.more() returns int language sql as 'select 1';

-- extra | function | app.add(numeric)
create function app.add(numeric) returns int language sql as 'select 1';

-- renamed | function | app.touch() | name
alter function app.touch() rename to set_updated;

-- renamed | function | app.secure() | schema
alter function app.secure() set schema spare;

-- changed | function | app.add(text) | body
create or replace function app.add(a text) returns text language sql as 'select a || a';

-- changed | function | app.add(text) | returns
drop function app.add(text);
create function app.add(a text) returns varchar language sql as 'select a';

-- changed | function | app.secure() | arguments
drop function app.secure();
create function app.secure(a int) returns void language plpgsql security definer set search_path = app as 'begin end';
revoke execute on function app.secure(int) from public;

-- changed | function | app.add(integer, integer) | arguments
create or replace function app.add(a integer, b integer default 2) returns integer language sql immutable strict parallel safe cost 5 as 'select a + b';

-- changed | function | app.add(integer, integer) | volatility
alter function app.add(integer, integer) stable;

-- changed | function | app.add(integer, integer) | strict
alter function app.add(integer, integer) called on null input;

-- changed | function | app.add(integer, integer) | parallel
alter function app.add(integer, integer) parallel unsafe;

-- changed | function | app.add(integer, integer) | cost
alter function app.add(integer, integer) cost 9;

-- changed | function | app.add(integer, integer) | security
alter function app.add(integer, integer) security definer;

-- changed | function | app.add(integer, integer) | leakproof
alter function app.add(integer, integer) leakproof;

-- changed | function | app.customers(numeric) | rows
alter function app.customers(numeric) rows 60;

-- changed | function | app.secure() | configuration
alter function app.secure() set search_path = audit;

-- changed | function | app.secure() | configuration
alter function app.secure() reset search_path;

-- changed | function | app.add(text) | configuration
alter function app.add(text) set work_mem = '1MB';

-- changed | function | app.secure() | security
alter function app.secure() security invoker;

-- changed | function | app.add(text) | owner
alter function app.add(text) owner to harness_owner;

-- changed | function | app.add(integer, integer) | comment
comment on function app.add(integer, integer) is 'x';

-- changed | function | app.secure() | grants
grant execute on function app.secure() to harness_reader;

-- changed | function | app.add(text) | grants
revoke execute on function app.add(text) from public;

-- missing | procedure | app.cleanup(integer)
drop procedure app.cleanup(integer);

-- changed | procedure | app.cleanup(integer) | body
create or replace procedure app.cleanup(days integer) language plpgsql as 'begin null;
end';

-- missing | aggregate | app.total(integer)
drop aggregate app.total(integer);

-- changed | aggregate | app.total(integer) | initial
drop aggregate app.total(integer);
create aggregate app.total(integer) (sfunc = app.sum_state, stype = integer, initcond = '1');

-- changed | aggregate | app.total(integer) | combine
drop aggregate app.total(integer);
create aggregate app.total(integer) (sfunc = app.sum_state, stype = integer, initcond = '0', combinefunc = app.sum_state);

-- changed | function | app.atomic(integer) | body
create or replace function app.atomic(a integer) returns bigint language sql stable
    begin atomic select count(*) + 1 from app.filtered where filtered.a = atomic.a; end;

-- renamed | aggregate | app.total(integer) | name
alter aggregate app.total(integer) rename to tot;

-- renamed | procedure | app.cleanup(integer) | name
alter procedure app.cleanup(integer) rename to cl;

-- renamed | function | app.add(integer, integer) | name
alter function app.add(integer, integer) rename to plus;

-- renamed | function | app.touch() | schema
alter function app.touch() set schema spare;
