"""A step that reaches further than the object that it names is tracked as exactly as a whole reading sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.schema import SchemaTracker
from harness.server import ScratchDatabase, Server

from .test_tracking import TABLE
from .test_tracking_corpus import truth, uses


@pytest.fixture
def newest(server: Server) -> Iterator[ScratchDatabase]:
    with server.create_database("tracking") as created:
        yield created


@pytest.mark.parametrize(
    "statements",
    [
        # An attribute of a composite type, a default, a check and an index that go with what they stand on.
        ["create type part as enum ('a'); create type pair as (a part, b integer)", "drop type part cascade"],
        [
            "create sequence counter; alter table child add more integer default nextval('counter')",
            "drop sequence counter cascade",
        ],
        [
            "create function even(n integer) returns boolean language sql immutable as 'select n % 2 = 0';"
            "create domain even_number as integer check (even(value));"
            "alter table child add constraint even_id check (even(id::integer));"
            "create index child_even_idx on child (even(id::integer))",
            "drop function even cascade",
        ],
        # Foreign keys and statistics are made again by a change of type, at another address.
        ["drop view both_of_them; alter table parent alter id type integer", "drop table parent cascade"],
        [
            "drop view both_of_them; alter table parent alter id type integer",
            "alter table parent drop constraint parent_pkey cascade",
        ],
        [
            "create statistics both_stats on id, note from child",
            "alter table child alter note type varchar(9)",
            "drop statistics both_stats",
        ],
        ["alter table parent disable trigger all", "alter table parent enable trigger all"],
        ["alter table parent disable trigger all", "alter table parent drop constraint parent_pkey cascade"],
        # Names that change hands.
        ["alter table child rename to old; alter table parent rename to child; alter table old rename to parent"],
        ["drop table child cascade; alter table parent rename to child"],
        ["alter table child rename note to other; alter table child add note integer"],
        ["alter table child rename to old; create table child (id integer primary key)", "drop table old cascade"],
        ["alter table parent rename constraint parent_pkey to key", "alter table child drop column parent_id cascade"],
        ["alter index child_note_idx rename to note_idx", "drop index note_idx"],
        # What is printed in another way when something else changes.
        [
            "create view joined as select j.id, j.name from (child join parent using (id)) as j",
            "alter table child add column name text",
        ],
        [
            "create policy own on parent using (name in (select j.name from (child join parent as p using (id)) as j))",
            "alter table child add column name text",
        ],
        ["alter view both_of_them rename column name to called", "create view over as select called from both_of_them"],
        ["create view over as select name from both_of_them", "alter view both_of_them rename name to called"],
        [
            "create policy own on child using (id in (select p.id from parent p))",
            "alter table parent add column note text",
        ],
        # Sequences that are given away.
        [
            "create sequence counter owned by child.id",
            "alter sequence counter owned by parent.id",
            "alter sequence counter owned by none",
            "drop table child cascade",
        ],
        ["alter table child alter id drop default; alter table child alter id add generated always as identity"],
        [
            "alter table child add more integer generated always as identity",
            "alter table child alter more drop identity",
        ],
        ["alter table child add more integer generated always as identity", "drop table child cascade"],
        ["alter table child set unlogged", "alter table parent set unlogged", "alter table parent set logged"],
        [
            "create role harness_heir; alter table child owner to harness_heir",
            "drop table child cascade; drop role harness_heir",
        ],
        # Made and gone in one step, or made in a way of its own.
        [
            "create table passing (id serial primary key); alter table passing add n integer references child;"
            "drop table passing"
        ],
        ["alter table child add more integer; create index on child (more); alter table child drop column more"],
        ["do $$ begin execute 'create table made (id integer)'; execute 'alter table child add x integer'; end $$"],
        ["create table heir () inherits (child)", "alter table child add more integer", "drop table heir"],
        [
            "create table split (id integer) partition by range (id);"
            "create table part partition of split for values from (1) to (2)",
            "alter table split detach partition part; drop table split",
        ],
        [
            "create table split (id integer) partition by range (id);"
            "create table part partition of split for values from (1) to (2)",
            "alter table split detach partition part",
            "alter table split attach partition part default; create index on split (id)",
            "drop table part",
        ],
        ["create type kind as (a integer); create table typed of kind", "alter type kind add attribute b text cascade"],
        ["create extension citext; alter table child add more citext", "drop extension citext cascade"],
        [
            "create schema apart; alter table child set schema apart",
            "alter schema apart rename to away",
            "drop schema away cascade",
        ],
        ["grant select on child to public", "revoke select on child from public"],
        ["alter default privileges grant select on tables to public", "create table readable (id integer)"],
        ["create publication few for table child", "alter table child add more integer", "drop table child cascade"],
        ["create rule quiet as on delete to child do instead nothing", "alter rule quiet on child rename to silent"],
        ["create function named(a integer) returns integer language sql as 'select a'", "drop function named(integer)"],
    ],
    ids=lambda statements: statements[-1],
)
def test_what_reaches_further(statements: list[str], newest: ScratchDatabase) -> None:
    migration = newest.connect()
    migration.execute(TABLE)
    tracker = SchemaTracker.attach(own := newest.connect())
    before = tracker.look()
    for statement in statements:
        migration.execute(statement.encode())
        now, expected = tracker.look(), truth(own)
        assert tracker.schema(now) == expected
        assert uses(tracker.schema(now)) == uses(expected)
        assert tracker.same(before, now) == (tracker.schema(before) == expected)
