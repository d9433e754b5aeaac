-- Single faults in the schema of rich.sql, each under the one difference that it makes.

-- extra | extension | pg_trgm
create extension pg_trgm schema public;

-- changed | extension | citext | version
update pg_extension set extversion = '1.3' where extname = 'citext';

-- changed | extension | hstore | installed_in
alter extension hstore set schema spare;
