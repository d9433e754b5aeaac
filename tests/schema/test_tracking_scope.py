"""What usual steps do is read in scope, and a scoped reading costs no more when the database is large."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from harness.schema import SchemaTracker
from harness.schema.reading import scoped_queries
from harness.schema.tracking.session import Scope
from harness.schema.tracking.watch import Watch
from harness.server import ScratchDatabase, Server

from . import test_versions

other_server = test_versions.other_server

MANY = 250

# Something in every catalog that a scoped reading looks into.
CROWD = """
create type public.kind_{n} as enum ('a', 'b');
create type public.pair_{n} as (a integer, b text);
create type public.span_{n} as range (subtype = float8);
create domain public.amount_{n} as integer check (value > 0);
create function public.touch_{n}() returns trigger language plpgsql as 'begin return new; end';
create table public.parent_{n} (id serial primary key, kind public.kind_{n} default 'a', amount public.amount_{n});
create table public.heir_{n} () inherits (public.parent_{n});
create table public.child_{n} (
    id integer generated always as identity primary key,
    parent_id integer references public.parent_{n},
    note text unique
);
create index child_{n}_idx on public.child_{n} (lower(note));
comment on table public.child_{n} is 'x';
create trigger touch before update on public.child_{n} for each row execute function public.touch_{n}();
create policy own on public.child_{n} using (note = current_user);
create rule quiet as on delete to public.parent_{n} do instead nothing;
create statistics public.child_{n}_stats on id, note from public.child_{n};
create view public.both_{n} as
    select p.id, c.note from public.parent_{n} p join public.child_{n} c on c.parent_id = p.id;
create publication publication_{n} for table public.child_{n};
"""

# There is one of each for a whole server, or a few; and all plans are made anew after CREATE SCHEMA.
FEW = {
    "news",
    "pg_am",
    "pg_authid",
    "pg_database",
    "pg_db_role_setting",
    "pg_event_trigger",
    "pg_foreign_server",
    "pg_namespace",
    "pg_tablespace",
}


@pytest.fixture(scope="module", params=["server", "other_server"])
def database(request: pytest.FixtureRequest) -> Iterator[ScratchDatabase]:
    running: Server = request.getfixturevalue(request.param)
    with running.create_database("crowd") as created:
        yield created


@pytest.fixture(scope="module")
def grown(database: ScratchDatabase) -> Iterator[SchemaTracker]:
    """A tracker that was attached when there was nothing, and has made all its plans then."""
    tracker = SchemaTracker.attach(database.connect())
    run_all(tracker)
    with database.connect() as migration:
        migration.execute("set synchronous_commit = off")
        for number in range(MANY):
            migration.execute(CROWD.format(n=number).encode())
        tracker.look()
        migration.execute("create table public.last (id integer)")
        tracker.look()
    yield tracker
    tracker.detach()


def run_all(tracker: SchemaTracker) -> None:
    assert tracker._watch is not None
    tracker._watch._session.run(sorted(scoped_queries()), Scope((0,), (0,), (0,), (0,), (0,)))
    tracker._watch._session.run(["touched"], Scope(classids=(0,), objids=(0,)))


def scans(plan: dict[str, Any]) -> Iterator[str]:
    """The tables and catalogs that a plan reads from one end to the other."""
    # A condition with nothing but constants chooses much of a catalog. That of a bitmap stands with the scans below it.
    condition = plan.get("Index Cond", "")
    if "Scan" in plan["Node Type"] and "Function Name" not in plan and not re.search(r"\$\d|\.\w", condition):
        if plan["Node Type"] == "Bitmap Index Scan":
            yield plan["Index Name"]
        elif "Relation Name" in plan and plan["Node Type"] != "Bitmap Heap Scan":
            yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from scans(part)


@pytest.mark.parametrize("name", [*sorted(scoped_queries()), "touched", "news"])
def test_no_plan_reads_a_catalog_from_end_to_end(name: str, grown: SchemaTracker) -> None:
    run_all(grown)
    scope = "" if name == "news" else str(Scope((1,), (1,), (1,), (1,), (1,)))
    row = grown._connection.execute(f"explain (format json) execute harness_{name}{scope}".encode()).fetchone()
    assert row is not None
    assert set(scans(row[0][0]["Plan"])) <= FEW


def test_the_guard_sees_a_scan(grown: SchemaTracker) -> None:
    row = grown._connection.execute("explain (format json) select from pg_class where relkind = 'r'").fetchone()
    assert row is not None
    assert set(scans(row[0][0]["Plan"])) == {"pg_class"}


USUAL = """
create type mood as enum ('sad', 'ok');
create table parent (id serial primary key, name text not null);
create table child (
    id integer generated always as identity primary key,
    parent_id integer references parent,
    note text unique
);
create index child_name_idx on child (lower(note));
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touch before update on child for each row execute function touch();
create policy own on parent using (name = current_user);
create view both_of_them as select c.id, p.name from child c join parent p on p.id = c.parent_id;
create table alembic_version (version_num varchar(32) primary key);
"""


@pytest.fixture(scope="module")
def usual(server: Server) -> Iterator[ScratchDatabase]:
    with server.create_database("usual") as created:
        with created.connect() as connection:
            connection.execute(USUAL)
        yield created


@pytest.mark.parametrize(
    "statement",
    [
        "insert into alembic_version values ('1')",
        "create table fresh (id serial primary key, child_id integer references child, at date)",
        "create index on child (parent_id)",
        "alter table child add column more text not null default 'x'",
        "alter table child alter parent_id set not null",
        "alter table child alter note type varchar(20)",
        "alter table child drop constraint child_note_key",
        "alter table child add constraint more check (id > 0)",
        "alter table child drop column note cascade",
        "alter table parent add column more mood default 'ok'",
        "drop table child cascade",
        "drop table parent cascade",
        "drop index child_name_idx",
        "create table feeling (mood mood); drop type mood cascade",
        "alter type mood add value 'happy'",
        "create or replace view both_of_them as select 1 as id, 'x'::text as name, 2 as more",
        "create materialized view kept as select 1 as one; refresh materialized view kept",
        "create or replace function touch() returns trigger language plpgsql as 'begin return old; end'",
        "drop trigger touch on child; drop policy own on parent",
        "comment on column child.note is 'x'",
        "create sequence counter; alter sequence counter increment by 5; drop sequence counter",
        "create table passing (id serial primary key, note text unique); drop table passing",
        "create temporary table passing (id serial primary key); create index on passing (id); drop table passing",
        "create temporary table passing (id serial primary key) on commit drop",
        "create table if not exists child (); create index if not exists child_name_idx on child (id)",
        "drop table if exists nothing; create schema if not exists public",
    ],
)
def test_what_usual_steps_do_is_read_in_scope(
    statement: str, usual: ScratchDatabase, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server.create_database("usual", template=usual) as database:
        tracker = SchemaTracker.attach(database.connect())
        before = tracker.look()
        with monkeypatch.context() as patch, database.connect(autocommit=False) as migration:
            patch.setattr(Watch, "everything", lambda self: pytest.fail("everything was read"))
            migration.execute(statement.encode())
            migration.commit()
            after = tracker.look()
        assert tracker.verify()
        assert tracker.same(before, after) == (tracker.schema(before) == tracker.schema(after))
