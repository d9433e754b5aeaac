-- Single faults in the schema of rich.sql, each under the one difference that it makes.

-- missing | statistics | app.customer_stats
drop statistics app.customer_stats;

-- extra | statistics | app.more
create statistics app.more on a, b from app.wide;

-- renamed | statistics | app.customer_stats | name
alter statistics app.customer_stats rename to stats;

-- changed | statistics | app.customer_stats | kinds
drop statistics app.customer_stats;
create statistics app.customer_stats (mcv) on born, mood from app.customer;

-- changed | statistics | app.customer_stats | columns
drop statistics app.customer_stats;
create statistics app.customer_stats (ndistinct, dependencies) on born, name from app.customer;

-- changed | statistics | app.customer_stats | statistics
alter statistics app.customer_stats set statistics 50;

-- missing | foreign table | app.remote
drop foreign table app.remote;

-- changed | foreign table | app.remote | server_options
alter foreign table app.remote options (set table_name 'x');

-- changed | server | corpus_server | server_options
alter server corpus_server options (set host 'b');

-- changed | server | corpus_server | server_version
alter server corpus_server version '2';

-- missing | server | corpus_server
drop server corpus_server cascade;

-- missing | foreign data wrapper | corpus_wrapper
drop foreign data wrapper corpus_wrapper cascade;

-- missing | user mapping | harness_reader on corpus_server
drop user mapping for harness_reader server corpus_server;

-- extra | user mapping | public on corpus_server
create user mapping for public server corpus_server;

-- missing | publication | corpus_publication
drop publication corpus_publication;

-- changed | publication | corpus_publication | publish
alter publication corpus_publication set (publish = 'insert');

-- changed | publication | corpus_publication | tables
alter publication corpus_publication add table app.wide;

-- changed | publication | corpus_publication | tables
alter publication corpus_publication drop table app.product;

-- changed | publication | corpus_publication | schemas | since 15
alter publication corpus_publication add tables in schema spare;

-- changed | publication | corpus_publication | via_root
alter publication corpus_publication set (publish_via_partition_root);

-- missing | cast | app.address as text
drop cast (app.address as text);

-- changed | cast | app.address as text | context
drop cast (app.address as text);
create cast (app.address as text) with inout;

-- missing | operator | app.@@@(app.mood, app.mood)
drop operator app.@@@ (app.mood, app.mood);

-- changed | operator | app.===(app.mood, app.mood) | restrict
alter operator app.=== (app.mood, app.mood) set (restrict = eqsel);

-- missing | collation | app.german
drop collation app.german;

-- extra | collation | app.more
create collation app.more (locale = 'C', provider = libc);

-- renamed | collation | app.german | name
alter collation app.german rename to deutsch;

-- missing | text search configuration | app.search_config
drop text search configuration app.search_config;

-- changed | text search configuration | app.search_config | mappings
alter text search configuration app.search_config drop mapping for email;

-- changed | text search dictionary | app.simple_dict | options
alter text search dictionary app.simple_dict (stopwords);

-- changed | default privileges | spare.tables of postgres | grants
alter default privileges in schema spare grant insert on tables to harness_reader;

-- missing | default privileges | spare.tables of postgres
alter default privileges in schema spare revoke select on tables from harness_reader;

-- extra | default privileges | functions of postgres
alter default privileges revoke execute on functions from public;

-- extra | setting | search_path
do $$ begin execute format('alter database %I set search_path = app, public', current_database()); end $$;

-- extra | setting | of harness_reader: work_mem
do $$ begin execute format('alter role harness_reader in database %I set work_mem = %L', current_database(), '8MB'); end $$;

-- missing | operator class | app.mood_class using hash
drop operator family app.mood_class using hash;

-- extra | operator class | app.more using btree
create operator class app.more for type integer using btree as operator 3 =, function 1 btint4cmp(int4, int4);

-- extra | operator family | app.more using btree
create operator family app.more using btree;

-- extra | conversion | app.more
create conversion app.more for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;

-- extra | text search template | app.more
create text search template app.more (lexize = dsimple_lexize);

-- extra | text search parser | app.more
create text search parser app.more
    (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype);

-- extra | subscription | more
create subscription more connection 'dbname=x' publication y with (connect = false);

-- extra | access method | more
create access method more type table handler heap_tableam_handler;

-- changed | statistics | app.customer_expr | expressions
drop statistics app.customer_expr;
create statistics app.customer_expr on lower(name), lower(nickname) from app.customer;

-- changed | publication | corpus_filter | tables
alter publication corpus_filter set table app.filtered (a, b) where (a > 1);

-- changed | publication | corpus_filter | tables
alter publication corpus_filter set table app.filtered (a) where (a > 0);

-- changed | publication | corpus_publication | comment
comment on publication corpus_publication is 'x';

-- changed | server | corpus_server | grants
grant usage on foreign server corpus_server to harness_reader;

-- changed | foreign data wrapper | corpus_wrapper | grants
grant usage on foreign data wrapper corpus_wrapper to harness_reader;

-- changed | foreign data wrapper | corpus_wrapper | server_options
alter foreign data wrapper corpus_wrapper options (add debug 'true');

-- changed | user mapping | harness_reader on corpus_server | server_options
alter user mapping for harness_reader server corpus_server options (set user 'y');

-- changed | event trigger | corpus_event | comment
comment on event trigger corpus_event is 'x';

-- changed | collation | app.german | comment
comment on collation app.german is 'x';

-- changed | collation | app.german | lc_collate
drop collation app.german;
create collation app.german (lc_collate = 'POSIX', lc_ctype = 'C', provider = libc);

-- changed | text search configuration | app.search_config | comment
comment on text search configuration app.search_config is 'x';

-- changed | cast | app.address as text | method
drop cast (app.address as text);
create cast (app.address as text) with function app.address_text(app.address) as assignment;

-- missing | column | app.filtered.a
alter table app.filtered drop column a cascade;

-- missing | table | app.filtered
drop table app.filtered cascade;

-- missing | access method | corpus_heap
drop access method corpus_heap;

-- changed | foreign table | app.remote | kind
drop foreign table app.remote;
create table app.remote (id integer, value text);

-- changed | publication | corpus_publication | owner
alter publication corpus_publication owner to harness_owner;

-- renamed | event trigger | corpus_event | name
alter event trigger corpus_event rename to ev;

-- renamed | server | corpus_server | name
alter server corpus_server rename to srv;

-- renamed | foreign data wrapper | corpus_wrapper | name
alter foreign data wrapper corpus_wrapper rename to w;

-- renamed | publication | corpus_filter | name
alter publication corpus_filter rename to p;

-- renamed | text search dictionary | app.simple_dict | name
alter text search dictionary app.simple_dict rename to dict2;

-- renamed | operator class | app.mood_class using hash | name
alter operator class app.mood_class using hash rename to mc;

-- renamed | collation | app.german | schema
alter collation app.german set schema spare;

-- changed | extension | citext | installed_in
alter extension citext set schema spare;
