"""Wrong and incomplete downgrades, one fault each: what was there before, the way up, the way down, what must be found.

Each line of a way is a statement of SQL or a line of Python. What must be found is a line for each finding: its rule
without `round-trip.`, and the object that it is about.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One revision with a fault, and a sound one below it that makes what it needs."""

    name: str
    before: str
    up: str
    down: str | None
    expected: str

    @property
    def findings(self) -> list[str]:
        return sorted(line for line in textwrap.dedent(self.expected).strip().splitlines())


AGAIN = "\nnot-repeatable"


def _left(name: str, up: str, found: str, before: str = "", down: str = "") -> Fault:
    return Fault(name, before, up, down, f"left-behind {found}")


TYPES = (
    Fault(
        "enum_of_a_table",
        "",
        'op.create_table("t01", sa.Column("mood", sa.Enum("good", "bad", name="mood01")))',
        'op.drop_table("t01")',
        "left-behind enum public.mood01" + AGAIN,
    ),
    Fault(
        "enum_label",
        "create type e02 as enum ('a', 'b')",
        "alter type e02 add value if not exists 'c'",
        "",
        "changed enum public.e02",
    ),
    Fault(
        "enum_label_renamed",
        "create type e03 as enum ('a', 'b')",
        "alter type e03 rename value 'a' to 'z'",
        "",
        "changed enum public.e03" + AGAIN,
    ),
    Fault("domain", "", "create domain d04 as text", "", "left-behind domain public.d04" + AGAIN),
    Fault(
        "domain_check",
        "create domain d05 as text",
        """
        alter domain d05 drop constraint if exists d05_check
        alter domain d05 add constraint d05_check check (value <> '')
        """,
        "",
        "left-behind domain constraint public.d05.d05_check",
    ),
    Fault(
        "composite_type_attribute",
        "create type c06 as (a int)",
        "alter type c06 add attribute b text",
        "",
        "changed composite type public.c06" + AGAIN,
    ),
    Fault(
        "range_type", "", "create type r07 as range (subtype = int4)", "", "left-behind range type public.r07" + AGAIN
    ),
    _left("extension", "create extension if not exists citext", "extension citext"),
    Fault(
        "collation",
        "",
        "create collation if not exists k09 (provider = libc, locale = 'C')",
        "",
        "left-behind collation public.k09",
    ),
)

ROUTINES = (
    _left(
        "function",
        "create or replace function f10() returns int language sql as 'select 1'",
        "function public.f10()",
    ),
    Fault(
        "function_not_restored",
        "create function f11() returns int language sql as 'select 1'",
        "create or replace function f11() returns int language sql as 'select 2'",
        "",
        "changed function public.f11()",
    ),
    Fault(
        "one_overload_of_two",
        "",
        """
        create or replace function f12(a int) returns int language sql as 'select 1'
        create or replace function f12(a text) returns int language sql as 'select 1'
        """,
        "drop function f12(int)",
        "left-behind function public.f12(text)",
    ),
    _left("procedure", "create or replace procedure p13() language sql as 'select 1'", "procedure public.p13()"),
    _left(
        "aggregate",
        "create or replace aggregate a14(int) (sfunc = int4pl, stype = int, initcond = 0)",
        "aggregate public.a14(integer)",
    ),
    Fault(
        "trigger",
        """
        create table t15 (id int)
        create function f15() returns trigger language plpgsql as 'begin return new; end'
        """,
        "create or replace trigger g15 before insert on t15 for each row execute function f15()",
        "",
        "left-behind trigger public.t15.g15",
    ),
    Fault(
        "trigger_disabled",
        """
        create table t16 (id int)
        create function f16() returns trigger language plpgsql as 'begin return new; end'
        create trigger g16 before insert on t16 for each row execute function f16()
        """,
        "alter table t16 disable trigger g16",
        "",
        "changed trigger public.t16.g16",
    ),
    _left(
        "event_trigger",
        """
        create or replace function f17() returns event_trigger language plpgsql as 'begin end'
        drop event trigger if exists g17
        create event trigger g17 on sql_drop execute function f17()
        """,
        "function public.f17()",
    ),
)

VIEWS = (
    _left("view", "create or replace view v20 as select 1 as one", "view public.v20"),
    Fault(
        "view_not_restored",
        "create view v21 as select 1 as one",
        "create or replace view v21 as select 2 as one",
        "",
        "changed view public.v21",
    ),
    _left(
        "materialized_view",
        "create materialized view if not exists m22 as select 1 as one",
        "materialized view public.m22",
    ),
    Fault(
        "index_of_a_materialized_view",
        "create materialized view m23 as select 1 as one\ncreate index i23 on m23 (one)",
        "drop index if exists i23",
        "",
        "lost index public.m23.i23",
    ),
    Fault(
        "view_lost_by_cascade",
        "create table t24 (id int)\ncreate view v24 as select id from t24",
        "alter table t24 alter column id set default 1",
        "drop table t24 cascade\ncreate table t24 (id int)",
        "lost view public.v24",
    ),
    _left(
        "rule",
        "create or replace rule r25 as on delete to t25 do instead nothing",
        "rule public.t25.r25",
        before="create table t25 (id int)",
    ),
)

TABLES = (
    _left("sequence", "create sequence if not exists s30", "sequence public.s30"),
    _left("schema", "create schema if not exists n31", "schema n31"),
    _left(
        "table_in_another_schema",
        "create table if not exists n32.t32 (id int)",
        "table n32.t32",
        before="create schema n32",
    ),
    _left(
        "partition",
        "create table if not exists t33_a partition of t33 for values in (1)",
        "table public.t33_a",
        before="create table t33 (id int) partition by list (id)",
    ),
    Fault("lost_table", "create table t34 (id int)", "drop table if exists t34", "", "lost table public.t34"),
    Fault(
        "lost_column",
        "create table t35 (id int, note text)",
        "alter table t35 drop column if exists note",
        "",
        "lost column public.t35.note",
    ),
    Fault(
        "storage_parameter",
        "create table t36 (id int)",
        "alter table t36 set (fillfactor = 70)",
        "",
        "changed table public.t36",
    ),
    Fault(
        "clustered",
        "create table t47 (id int)\ncreate index i47 on t47 (id)",
        "cluster t47 using i47",
        "",
        "changed index public.t47.i47",
    ),
    Fault("unlogged", "create table t37 (id int)", "alter table t37 set unlogged", "", "changed table public.t37"),
    Fault(
        "row_security",
        "create table t38 (id int)",
        "alter table t38 enable row level security",
        "",
        "changed table public.t38",
    ),
    _left(
        "policy",
        "drop policy if exists p39 on t39\ncreate policy p39 on t39 using (id > 0)",
        "policy public.t39.p39",
        before="create table t39 (id int)",
    ),
    Fault("grant", "create table t40 (id int)", "grant select on t40 to pg_monitor", "", "changed table public.t40"),
    _left(
        "default_privileges",
        "alter default privileges in schema n41 grant select on tables to pg_monitor",
        "default privileges n41.tables of postgres",
        before="create schema n41",
    ),
    Fault("owner", "create table t42 (id int)", "alter table t42 owner to pg_monitor", "", "changed table public.t42"),
    Fault(
        "comment",
        "create table t43 (id int)",
        "comment on column t43.id is 'a number'",
        "",
        "changed column public.t43.id",
    ),
    Fault(
        "database_setting",
        "",
        "do $$ begin execute format('alter database %I set lock_timeout = 5000', current_database()); end $$",
        "",
        "left-behind setting lock_timeout",
    ),
    _left(
        "statistics",
        "create statistics if not exists x45 on a, b from t45",
        "statistics public.x45",
        before="create table t45 (a int, b int)",
    ),
    _left(
        "publication",
        "drop publication if exists b46\ncreate publication b46",
        "publication b46",
    ),
)

COLUMNS = (
    Fault(
        "default",
        "create table t50 (id int)",
        "alter table t50 alter column id set default 1",
        "",
        "changed column public.t50.id",
    ),
    Fault(
        "nullable",
        "create table t51 (id int not null)",
        "alter table t51 alter column id drop not null",
        "",
        "changed column public.t51.id",
    ),
    Fault(
        "type",
        "create table t52 (name varchar(50))",
        'op.alter_column("t52", "name", type_=sa.Text())',
        'op.alter_column("t52", "name", type_=sa.String(40))',
        "changed column public.t52.name",
    ),
    Fault(
        "identity",
        "create table t53 (id int not null)",
        """
        alter table t53 alter column id drop identity if exists
        alter table t53 alter column id add generated always as identity
        """,
        "",
        "changed column public.t53.id",
    ),
    _left(
        "index",
        'op.create_index("i54", "t54", ["id"], if_not_exists=True)',
        "index public.t54.i54",
        before="create table t54 (id int)",
    ),
    Fault(
        "lost_unique_constraint",
        "create table t55 (id int, constraint u55 unique (id))",
        "alter table t55 drop constraint if exists u55",
        "",
        "lost unique constraint public.t55.u55",
    ),
    _left(
        "check_constraint",
        "alter table t56 drop constraint if exists k56\nalter table t56 add constraint k56 check (id > 0)",
        "check constraint public.t56.k56",
        before="create table t56 (id int)",
    ),
    Fault(
        "foreign_key_without_cascade",
        """
        create table t57 (id int primary key)
        create table t57_child (id int, constraint f57 foreign key (id) references t57 on delete cascade)
        """,
        'op.drop_constraint("f57", "t57_child")',
        'op.create_foreign_key("f57", "t57_child", "t57", ["id"], ["id"])',
        "changed foreign key public.t57_child.f57",
    ),
    Fault(
        "constraint_renamed",
        "create table t58 (id int, constraint u58 unique (id))",
        "alter table t58 rename constraint u58 to u58_new",
        "",
        "changed unique constraint public.t58.u58" + AGAIN,
    ),
    Fault(
        "column_renamed",
        "create table t59 (old int)",
        'op.alter_column("t59", "old", new_column_name="new")',
        "",
        "changed column public.t59.old" + AGAIN,
    ),
    Fault(
        "statistics_target",
        "create table t60 (id int)",
        "alter table t60 alter column id set statistics 500",
        "",
        "changed column public.t60.id",
    ),
)

WAYS = (
    Fault(
        "second_up_differs",
        "create table t70 (id int)\ncreate table log70 (id int)",
        """
        insert into log70 values (1)
        do $$ begin if (select count(*) from log70) > 1 then alter table t70 add column twice int; end if; end $$
        """,
        "",
        "not-repeatable column public.t70.twice",
    ),
    Fault(
        "second_up_fails",
        "create table t71 (id int primary key)",
        "insert into t71 values (1)",
        "",
        "not-repeatable",
    ),
    Fault("wrong_index", "create table t72 (id int)", "create index i72 on t72 (id)", "drop index ix72", "failed"),
    Fault(
        "constraint_without_a_name",
        "create table t73 (id int primary key)\ncreate table t73_child (id int)",
        'op.create_foreign_key(None, "t73_child", "t73", ["id"], ["id"])',
        'op.drop_constraint(None, "t73_child", type_="foreignkey")',
        "failed",
    ),
    Fault(
        "fails_half_way",
        "create table t74 (id int)",
        "create index i74 on t74 (id)",
        """
        with op.get_context().autocommit_block():
            op.execute("drop index concurrently i74")
        drop index i74_too
        """,
        "failed",
    ),
    Fault(
        "refuses", "", "create table t75 (id int)", 'raise NotImplementedError("restore the backup")', "irreversible"
    ),
    Fault("refuses_in_words", "", "create table t76 (id int)", 'raise RuntimeError("no way back")', "irreversible"),
    Fault("no_downgrade", "", "create table t77 (id int)", None, "irreversible"),
)

FAULTS = (*TYPES, *ROUTINES, *VIEWS, *TABLES, *COLUMNS, *WAYS)
