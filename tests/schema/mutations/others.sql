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

-- missing | operator | app.===(app.mood, app.mood)
drop operator app.=== (app.mood, app.mood);

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
