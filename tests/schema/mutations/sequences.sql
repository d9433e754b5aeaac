-- Single faults in the schema of rich.sql, each under the one difference that it makes.

-- missing | sequence | app.plain_seq
drop sequence app.plain_seq;

-- missing | sequence | app.ticket_seq
drop sequence app.ticket_seq cascade;

-- extra | sequence | app.more_seq
create sequence app.more_seq;

-- renamed | sequence | app.plain_seq | name
alter sequence app.plain_seq rename to simple_seq;

-- renamed | sequence | app.category_id_seq | name
alter sequence app.category_id_seq rename to cat_seq;

-- renamed | sequence | app.plain_seq | schema
alter sequence app.plain_seq set schema spare;

-- changed | sequence | app.ticket_seq | type
alter sequence app.ticket_seq as integer;

-- changed | sequence | app.ticket_seq | start
alter sequence app.ticket_seq start 200;

-- changed | sequence | app.ticket_seq | increment
alter sequence app.ticket_seq increment 6;

-- changed | sequence | app.ticket_seq | minimum
alter sequence app.ticket_seq minvalue 2;

-- changed | sequence | app.ticket_seq | maximum
alter sequence app.ticket_seq maxvalue 200000;

-- changed | sequence | app.ticket_seq | cache
alter sequence app.ticket_seq cache 1;

-- changed | sequence | app.ticket_seq | cycle
alter sequence app.ticket_seq no cycle;

-- changed | sequence | app.ticket_seq | owned_by
alter sequence app.ticket_seq owned by app.customer.ticket;

-- changed | sequence | app.ticket_seq | owner
alter sequence app.ticket_seq owner to harness_owner;

-- changed | sequence | app.small_seq | type
alter sequence app.small_seq as integer;

-- changed | sequence | app.customer_id_seq | owned_by
alter sequence app.customer_id_seq owned by none;

-- changed | sequence | app.plain_seq | persistence | since 15
alter sequence app.plain_seq set unlogged;

-- changed | sequence | app.plain_seq | comment
comment on sequence app.plain_seq is 'x';

-- changed | sequence | app.plain_seq | grants
revoke usage on sequence app.plain_seq from harness_reader;
