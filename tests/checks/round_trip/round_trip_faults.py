"""Wrong and incomplete downgrades, one fault each."""

from __future__ import annotations

from round_trip_fault import AGAIN, Fault, left
from round_trip_table_faults import COLUMNS, TABLES

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
    left("extension", "create extension if not exists citext", "extension citext"),
    Fault(
        "collation",
        "",
        "create collation if not exists k09 (provider = libc, locale = 'C')",
        "",
        "left-behind collation public.k09",
    ),
)

ROUTINES = (
    left(
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
    left("procedure", "create or replace procedure p13() language sql as 'select 1'", "procedure public.p13()"),
    left(
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
    left(
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
    left("view", "create or replace view v20 as select 1 as one", "view public.v20"),
    Fault(
        "view_not_restored",
        "create view v21 as select 1 as one",
        "create or replace view v21 as select 2 as one",
        "",
        "changed view public.v21",
    ),
    left(
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
    left(
        "rule",
        "create or replace rule r25 as on delete to t25 do instead nothing",
        "rule public.t25.r25",
        before="create table t25 (id int)",
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
    Fault("refuses_by_assert", "", "create table t78 (id int)", 'assert False, "no way back"', "irreversible"),
    Fault("asserts", "", "create table t79 (id int)", "assert sa.__version__ == 0", "failed"),
    Fault("no_downgrade", "", "create table t77 (id int)", None, "irreversible"),
)

FAULTS = (*TYPES, *ROUTINES, *VIEWS, *TABLES, *COLUMNS, *WAYS)
