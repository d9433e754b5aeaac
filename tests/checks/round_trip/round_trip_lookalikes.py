"""Correct revisions that look like faults, or that a harness could stumble over: nothing may be found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sound:
    """One revision that is right, and one below it that makes what it needs."""

    name: str
    before: str
    up: str
    down: str


SOUND = (
    Sound(
        "enum_dropped",
        "",
        'op.create_table("s01", sa.Column("mood", sa.Enum("good", "bad", name="s01_mood")))',
        'op.drop_table("s01")\ndrop type s01_mood',
    ),
    Sound(
        "enum_made_anew",
        "create type s02_kind as enum ('a', 'b')\ncreate table s02 (kind s02_kind)",
        """
        with op.get_context().autocommit_block():
            op.execute("alter type s02_kind add value if not exists 'c'")
        """,
        """
        alter type s02_kind rename to s02_kind_old
        create type s02_kind as enum ('a', 'b')
        alter table s02 alter column kind type s02_kind using kind::text::s02_kind
        drop type s02_kind_old
        """,
    ),
    Sound(
        "enum_label_deleted",
        "create type s03_kind as enum ('a', 'b')",
        "alter type s03_kind add value 'c'",
        "delete from pg_enum where enumtypid = 's03_kind'::regtype and enumlabel = 'c'",
    ),
    Sound(
        "enum_value_before_another",
        "create type s04_kind as enum ('a', 'c')",
        "alter type s04_kind add value 'b' before 'c'",
        "drop type s04_kind\ncreate type s04_kind as enum ('a', 'c')",
    ),
    Sound(
        "index_concurrently",
        "create table s05 (id int)",
        """
        with op.get_context().autocommit_block():
            op.create_index("s05_id", "s05", ["id"], postgresql_concurrently=True)
        """,
        """
        with op.get_context().autocommit_block():
            op.drop_index("s05_id", "s05", postgresql_concurrently=True)
        """,
    ),
    Sound(
        "guards",
        "",
        "create table if not exists s06 (id int)\ncreate index if not exists s06_id on s06 (id)",
        "drop index if exists s06_id\ndrop table if exists s06\ndrop table if exists s06_never",
    ),
    Sound(
        "constraint_renamed_back",
        "create table s07 (id int, constraint s07_old unique (id))",
        "alter table s07 rename constraint s07_old to s07_new",
        "alter table s07 rename constraint s07_new to s07_old",
    ),
    Sound(
        "batch",
        "create table s08 (id int primary key)",
        """
        with op.batch_alter_table("s08") as batch:
            batch.add_column(sa.Column("name", sa.String(20)))
            batch.create_unique_constraint("s08_name", ["name"])
        """,
        """
        with op.batch_alter_table("s08") as batch:
            batch.drop_constraint("s08_name", type_="unique")
            batch.drop_column("name")
        """,
    ),
    Sound(
        "rows",
        "create table s09 (id int primary key, name text)",
        "insert into s09 values (1, 'one'), (2, 'two')",
        "delete from s09",
    ),
    Sound(
        "rows_of_a_new_column",
        "create table s10 (id int)\ninsert into s10 values (1)",
        """
        alter table s10 add column name text
        update s10 set name = 'x'
        alter table s10 alter column name set not null
        """,
        "alter table s10 drop column name",
    ),
    Sound("temporary_table", "", "create temporary table s11 as select 1 as one", ""),
    Sound(
        "settings_of_the_session",
        "create schema s11_other",
        "set lock_timeout = 5000\nset search_path to s11_other, public\ncreate table s11_t (id int)",
        "set search_path to s11_other, public\ndrop table s11_t",
    ),
    Sound(
        "temporary_table_until_commit",
        "",
        "create temporary table s12 (id int) on commit drop",
        "create temporary table s12 (id int) on commit drop",
    ),
    Sound(
        "view_around_a_column",
        "create table s13 (name varchar(10))\ncreate view s13_names as select name from s13",
        """
        drop view s13_names
        alter table s13 alter column name type varchar(20)
        create view s13_names as select name from s13
        """,
        """
        drop view s13_names
        alter table s13 alter column name type varchar(10)
        create view s13_names as select name from s13
        """,
    ),
    Sound(
        "cascade_undone",
        "create table s14 (id int)\ncreate view s14_ids as select id from s14",
        "drop table s14 cascade",
        "create table s14 (id int)\ncreate view s14_ids as select id from s14",
    ),
    Sound(
        "column_comes_back_last",
        "create table s15 (a int, b text not null default 'x', c int)",
        'op.drop_column("s15", "b")',
        'op.add_column("s15", sa.Column("b", sa.Text(), nullable=False, server_default="x"))',
    ),
    Sound(
        "function_restored",
        "create function s16() returns int language sql as 'select 1'",
        "create or replace function s16() returns int language sql as 'select 2'",
        "create or replace function s16() returns int language sql as 'select 1'",
    ),
    Sound(
        "trigger_and_its_function",
        "create table s17 (id int)",
        """
        create function s17_stamp() returns trigger language plpgsql as 'begin return new; end'
        create trigger s17_stamp before insert on s17 for each row execute function s17_stamp()
        """,
        "drop trigger s17_stamp on s17\ndrop function s17_stamp()",
    ),
    Sound(
        "row_security",
        "create table s18 (id int)",
        "alter table s18 enable row level security\ncreate policy s18_own on s18 using (id > 0)",
        "drop policy s18_own on s18\nalter table s18 disable row level security",
    ),
    Sound(
        "grants",
        "create table s19 (id int)",
        "grant select, insert on s19 to pg_monitor",
        "revoke all on s19 from pg_monitor",
    ),
    Sound(
        "default_privileges",
        "create schema s20",
        "alter default privileges in schema s20 grant select on tables to pg_monitor",
        "alter default privileges in schema s20 revoke select on tables from pg_monitor",
    ),
    Sound(
        "extension",
        "",
        "create extension hstore\ncreate table s21 (facts hstore)",
        "drop table s21\ndrop extension hstore",
    ),
    Sound(
        "comment",
        "create table s22 (id int)\ncomment on column s22.id is 'old'",
        "comment on column s22.id is 'new'\ncomment on table s22 is 'new'",
        "comment on column s22.id is 'old'\ncomment on table s22 is null",
    ),
    Sound(
        "schema_with_a_table",
        "",
        "create schema s23\ncreate table s23.t (id serial primary key)",
        "drop schema s23 cascade",
    ),
    Sound(
        "domain",
        "",
        "create domain s24_name as text check (value <> '')\ncreate table s24 (name s24_name)",
        "drop table s24\ndrop domain s24_name",
    ),
    Sound(
        "foreign_key_made_again",
        "create table s25 (id int primary key, parent int, constraint s25_parent foreign key (parent) references s25)",
        """
        op.drop_constraint("s25_parent", "s25")
        op.create_foreign_key("s25_parent", "s25", "s25", ["parent"], ["id"], ondelete="CASCADE")
        """,
        """
        op.drop_constraint("s25_parent", "s25")
        op.create_foreign_key("s25_parent", "s25", "s25", ["parent"], ["id"])
        """,
    ),
    Sound(
        "check_in_two_steps",
        "create table s26 (id int)",
        "alter table s26 add constraint s26_id check (id > 0) not valid\nalter table s26 validate constraint s26_id",
        'op.drop_constraint("s26_id", "s26")',
    ),
    Sound(
        "partition",
        "create table s27 (id int, primary key (id)) partition by range (id)",
        "create table s27_1 partition of s27 for values from (1) to (9)\ncreate index s27_i on s27 (id)",
        "drop index s27_i\ndrop table s27_1",
    ),
    Sound(
        "partition_detached",
        """
        create table s28 (id int primary key) partition by range (id)
        create table s28_1 partition of s28 for values from (1) to (9)
        """,
        "alter table s28 detach partition s28_1",
        "alter table s28 attach partition s28_1 for values from (1) to (9)",
    ),
    Sound(
        "statistics_and_rule",
        "create table s29 (a int, b int)",
        "create statistics s29_x on a, b from s29\ncreate rule s29_r as on delete to s29 do instead nothing",
        "drop rule s29_r on s29\ndrop statistics s29_x",
    ),
    Sound(
        "database_setting",
        "",
        "do $$ begin execute format('alter database %I set work_mem = 8192', current_database()); end $$",
        "do $$ begin execute format('alter database %I reset work_mem', current_database()); end $$",
    ),
    Sound(
        "storage",
        "create table s31 (a text)",
        "alter table s31 set (fillfactor = 70)\nalter table s31 alter column a set storage external",
        "alter table s31 reset (fillfactor)\nalter table s31 alter column a set storage extended",
    ),
    Sound(
        "materialized_view",
        "create table s32 (id int)",
        "create materialized view s32_ids as select id from s32\ncreate unique index s32_ids_id on s32_ids (id)",
        "drop materialized view s32_ids",
    ),
    Sound(
        "table_renamed_back",
        "create table s33 (id serial primary key, name text unique)",
        'op.rename_table("s33", "s33_new")',
        'op.rename_table("s33_new", "s33")',
    ),
    Sound(
        "column_renamed_back",
        "create table s34 (old int)\ncreate view s34_v as select old from s34\ncreate index s34_i on s34 (old)",
        'op.alter_column("s34", "old", new_column_name="new")',
        'op.alter_column("s34", "new", new_column_name="old")',
    ),
    Sound("nothing", "", "pass", "pass"),
    Sound(
        "tables_swapped",
        "create table s36 (id int)",
        """
        create table s36_new (id bigint)
        insert into s36_new select id from s36
        drop table s36
        alter table s36_new rename to s36
        """,
        """
        create table s36_new (id int)
        insert into s36_new select id from s36
        drop table s36
        alter table s36_new rename to s36
        """,
    ),
    Sound(
        "identity",
        "create table s37 (id int not null)",
        "alter table s37 alter column id add generated by default as identity",
        "alter table s37 alter column id drop identity",
    ),
    Sound(
        "a_session_of_its_own",
        "",
        """
        from sqlalchemy.orm import Session
        session = Session(bind=op.get_bind())
        session.execute(sa.text("create table s38 (id int)"))
        session.commit()
        """,
        'op.drop_table("s38")',
    ),
    Sound(
        "search_path",
        "create schema s39",
        "set local search_path to s39, public\ncreate table s39_t (id int)",
        "drop table s39.s39_t",
    ),
    Sound(
        "another_role",
        "create table s40 (id int)\ngrant all on schema public to pg_monitor",
        "set role pg_monitor\ncreate view s40_v as select 1 as one\nreset role",
        "drop view s40_v",
    ),
    Sound(
        "triggers_off",
        "create table s41 (id int)",
        "set session_replication_role = replica\ncreate index s41_i on s41 (id)\nset session_replication_role = origin",
        "set session_replication_role = replica\ndrop index s41_i\nset session_replication_role = origin",
    ),
    Sound(
        "metadata",
        "",
        """
        metadata = sa.MetaData()
        sa.Table("s42", metadata, sa.Column("kind", sa.Enum("a", "b", name="s42_kind")))
        metadata.create_all(op.get_bind())
        """,
        'op.drop_table("s42")\nop.execute("drop type s42_kind")',
    ),
)
