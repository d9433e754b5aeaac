"""Following a schema: moments, whoever runs the migration and however, and what is left behind: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from harness.schema import Identity, SchemaTracker, read_schema
from harness.schema.tracking import watch
from harness.server import ScratchDatabase, Server

from . import test_versions
from .conftest import Connection
from .test_reading import SETTINGS
from .test_tracking_corpus import truth

other_server = test_versions.other_server

TABLE = """
create table parent (id bigserial primary key, name text not null);
create table child (id bigserial primary key, parent_id bigint references parent, note text default 'x');
create index child_note_idx on child (note);
create view both_of_them as select c.id, p.name from child c join parent p on p.id = c.parent_id;
"""


@pytest.fixture(params=["server", "other_server"])
def database(request: pytest.FixtureRequest) -> Iterator[ScratchDatabase]:
    """An empty database, on each of the major versions that are here."""
    running: Server = request.getfixturevalue(request.param)
    with running.create_database("tracking") as created:
        yield created


@pytest.fixture
def migration(database: ScratchDatabase) -> Connection:
    """The connection that steps are made on."""
    return database.connect()


@pytest.fixture
def tracker(database: ScratchDatabase) -> SchemaTracker:
    return SchemaTracker.attach(database.connect())


def test_up_down_up(migration: Connection, tracker: SchemaTracker) -> None:
    before = tracker.look()
    migration.execute(TABLE)
    up = tracker.look()
    migration.execute("drop view both_of_them; drop table child; drop table parent")
    down = tracker.look()
    migration.execute(TABLE)
    again = tracker.look()
    assert tracker.same(before, down)
    assert tracker.same(up, again)
    assert not tracker.same(before, up)
    assert not tracker.same(down, again)
    assert tracker.schema(before) == tracker.schema(down)
    assert tracker.schema(up) == tracker.schema(again) == truth(migration)
    assert len({before, up, down, again}) == 4
    assert tracker.verify()


def test_a_difference_in_one_attribute_is_no_sameness(migration: Connection, tracker: SchemaTracker) -> None:
    migration.execute(TABLE)
    before = tracker.look()
    migration.execute("alter table child alter note set default 'y'")
    assert not tracker.same(before, tracker.look())
    migration.execute("alter table child alter note set default 'x'")
    assert tracker.same(before, tracker.look())


def test_a_step_that_rolled_back_leaves_nothing(migration: Connection, tracker: SchemaTracker) -> None:
    before = tracker.look()
    with migration.transaction(force_rollback=True):
        migration.execute(TABLE)
    assert tracker.same(before, tracker.look())
    assert tracker.verify()


def test_what_is_not_committed_is_not_seen_yet(migration: Connection, tracker: SchemaTracker) -> None:
    before = tracker.look()
    with migration.transaction():
        migration.execute("create table late (id integer)")
        assert tracker.same(before, tracker.look())
    assert Identity("table", "public", "", "late") in tracker.schema(tracker.look()).objects


@pytest.mark.parametrize("setting", ["set role harness_owner", "set session_replication_role = replica"])
def test_whoever_runs_the_step_and_however(setting: str, migration: Connection, tracker: SchemaTracker) -> None:
    migration.execute("do $$ begin create role harness_owner; exception when duplicate_object then null; end $$")
    migration.execute("grant all on schema public to harness_owner")
    tracker.look()
    migration.execute(setting)
    migration.execute(TABLE)
    assert tracker.schema(tracker.look()) == truth(migration)
    migration.execute("set search_path = ''; drop table public.child cascade")
    assert tracker.schema(tracker.look()) == truth(migration)


@pytest.fixture
def plain_role(migration: Connection) -> Iterator[str]:
    """A role that may make tables in `public`, and no event trigger."""
    migration.execute("create role harness_plain_tracker login password 'plain'")
    migration.execute("grant all on schema public to harness_plain_tracker")
    migration.execute(f'grant create on database "{migration.info.dbname}" to harness_plain_tracker')
    yield "harness_plain_tracker"
    migration.execute("drop owned by harness_plain_tracker; drop role harness_plain_tracker")


def test_a_role_that_may_not_watch_reads_everything(migration: Connection, plain_role: str) -> None:
    parameters = conninfo_to_dict(migration.info.dsn) | {"user": plain_role, "password": "plain"}
    with psycopg.connect(make_conninfo(**parameters), autocommit=True) as own:
        tracker = SchemaTracker.attach(own, leave_out=[("public", "alembic_version")])
        assert tracker.thorough
        before = tracker.look()
        migration.execute("create table alembic_version (version_num text)")
        assert tracker.same(before, tracker.look())
        migration.execute(TABLE)
        after = tracker.look()
        assert not tracker.same(before, after)
        assert Identity("column", "public", "child", "note") in tracker.schema(after).objects
        assert tracker.verify()
        tracker.detach()


def test_what_is_left_out(migration: Connection, database: ScratchDatabase) -> None:
    """Also before it exists, and with all that belongs to it; what stands on it is still there."""
    tracker = SchemaTracker.attach(database.connect(), leave_out=[("public", "alembic_version"), ("other", "versions")])
    before = tracker.look()
    migration.execute("create table alembic_version (version_num varchar(32) primary key, n serial, check (n > 0))")
    migration.execute("create index on alembic_version (n); comment on table alembic_version is 'x'")
    migration.execute("create statistics app_stats on version_num, n from alembic_version; drop statistics app_stats")
    assert tracker.same(before, tracker.look())
    migration.execute(
        "create schema other; create table other.versions (id serial primary key); drop table other.versions"
    )
    migration.execute("drop schema other; alter table alembic_version add column more serial")
    assert tracker.same(before, tracker.look())
    migration.execute("create view standing as select n from alembic_version")
    after = tracker.look()
    assert [str(identity) for identity in tracker.schema(after).objects] == ["schema public", "view public.standing"]
    migration.execute("drop view standing; drop table alembic_version")
    assert tracker.same(before, tracker.look())
    assert tracker.verify()


def test_nothing_is_left_behind(database: ScratchDatabase, migration: Connection) -> None:
    own = database.connect()
    own.execute("set search_path = pg_catalog, public; set datestyle = 'German'")
    own.execute("reset all")
    before, settings = read_schema(migration), own.execute(SETTINGS).fetchall()
    tracker = SchemaTracker.attach(own)
    migration.execute(TABLE)
    tracker.look()
    migration.execute("drop view both_of_them; drop table child, parent")
    tracker.detach()
    assert read_schema(migration) == before
    # PL/pgSQL has settings of its own, which are there since it was used.
    assert [row for row in own.execute(SETTINGS) if not row[0].startswith("plpgsql.")] == settings
    assert own.execute("select count(*) from pg_prepared_statements where name like 'harness%'").fetchone() == (0,)
    assert tracker.look() != tracker.look()


def test_attached_again_after_a_crash(database: ScratchDatabase, migration: Connection) -> None:
    SchemaTracker.attach(database.connect())
    tracker = SchemaTracker.attach(database.connect())
    before = tracker.look()
    migration.execute(TABLE)
    assert not tracker.same(before, tracker.look())
    assert tracker.verify()


def test_an_event_trigger_that_forbids_watching(database: ScratchDatabase, migration: Connection) -> None:
    migration.execute("create function no() returns event_trigger language plpgsql as $$ begin raise 'no'; end $$")
    migration.execute(
        "create event trigger no on ddl_command_start when tag in ('CREATE SCHEMA') execute function no()"
    )
    tracker = SchemaTracker.attach(database.connect())
    assert tracker.thorough
    assert tracker.schema(tracker.look()) == read_schema(migration)


def test_no_transaction_is_left_open(database: ScratchDatabase, migration: Connection) -> None:
    own = database.connect()
    tracker = SchemaTracker.attach(own)
    migration.execute(TABLE)
    tracker.look()
    assert own.info.transaction_status == TransactionStatus.IDLE
    tracker.look(whole=True)
    assert own.info.transaction_status == TransactionStatus.IDLE
    tracker.verify()
    assert own.info.transaction_status == TransactionStatus.IDLE


@pytest.mark.parametrize(
    "statement",
    [
        "create index concurrently fresh_idx on child (parent_id)",
        "create unique index concurrently fresh_idx on child (id, note)",
        "drop index concurrently child_note_idx",
        "reindex index concurrently child_note_idx",
        "reindex table concurrently child",
        "refresh materialized view concurrently kept",
        "vacuum full child",
        "create table fresh as select * from child",
        "select * into fresh from child",
        "alter table child rename column note to remark",
        "create temporary table passing (id serial primary key) on commit drop",
        "drop owned by current_user",
    ],
)
def test_what_needs_no_transaction_or_the_whole_of_it(
    statement: str, migration: Connection, tracker: SchemaTracker
) -> None:
    migration.execute(TABLE)
    migration.execute("create materialized view kept as select id from parent; create unique index on kept (id)")
    tracker.look()
    # Nothing of ours is to be waited for.
    migration.execute("set lock_timeout = '5s'")
    try:
        migration.execute(statement.encode())
    except psycopg.errors.DependentObjectsStillExist:
        assert statement.startswith("drop owned")
    assert tracker.schema(tracker.look()) == truth(migration)
    migration.execute("drop index if exists child_note_idx")
    assert tracker.schema(tracker.look()) == truth(migration)
    migration.execute("alter table child add column more integer unique")
    assert tracker.schema(tracker.look()) == truth(migration)
    assert tracker.verify()


@pytest.mark.parametrize(
    "statement",
    [
        "create event trigger seen on ddl_command_start execute function noticed()",
        "alter event trigger there disable",
        "comment on event trigger there is 'x'",
        "drop event trigger there",
        "do $$ begin execute format('alter database %I set work_mem = ''9MB''', current_database()); end $$",
        "alter role harness_before rename to harness_after",
        "reassign owned by harness_before to current_user",
        "drop owned by harness_before",
    ],
)
def test_what_no_event_trigger_is_told(statement: str, migration: Connection, tracker: SchemaTracker) -> None:
    migration.execute("create function noticed() returns event_trigger language plpgsql as 'begin end'")
    migration.execute("create event trigger there on ddl_command_start execute function noticed()")
    migration.execute("create role harness_before; create table owned (id integer)")
    try:
        migration.execute("alter table owned owner to harness_before")
        before = tracker.look()
        migration.execute(statement.encode())
        after = tracker.look()
        assert tracker.schema(after) == truth(migration)
        assert not tracker.same(before, after)
    finally:
        migration.execute("drop table if exists owned; drop role if exists harness_before, harness_after")


@pytest.mark.parametrize(
    "statement",
    [
        "update pg_class set relhasrules = true, reloptions = '{fillfactor=50}' where relname = 'child'",
        "cluster child using child_pkey",
    ],
)
def test_what_cannot_be_seen_is_found_in_the_end(statement: str, migration: Connection, tracker: SchemaTracker) -> None:
    migration.execute(TABLE)
    before = tracker.look()
    migration.execute(statement.encode())
    unseen = tracker.look()
    assert tracker.same(before, unseen)
    assert not tracker.verify()
    assert tracker.schema(unseen) == truth(migration)
    assert not tracker.same(before, unseen)
    assert tracker.verify()
    migration.execute("alter table child reset (fillfactor)")
    migration.execute("alter table child set without cluster")
    assert tracker.same(before, tracker.look())


def test_a_moment_that_is_corrected_keeps_what_was_before(migration: Connection, tracker: SchemaTracker) -> None:
    migration.execute(TABLE)
    before, expected = tracker.look(), truth(migration)
    migration.execute("alter table child add column more integer")
    now = tracker.look()
    migration.execute("cluster child using child_pkey")
    assert not tracker.verify()
    assert tracker.schema(before) == expected
    assert not tracker.same(before, now)
    migration.execute("alter table child drop column more; alter table child set without cluster")
    assert tracker.same(before, tracker.look())


def test_an_index_that_changed_its_address_unseen(migration: Connection, tracker: SchemaTracker) -> None:
    migration.execute(TABLE)
    migration.execute("reindex index concurrently child_note_idx")
    tracker.look()
    migration.execute("reindex index concurrently child_note_idx")
    tracker.look()
    migration.execute("alter index child_note_idx rename to renamed_idx")
    migration.execute("reindex index concurrently renamed_idx")
    assert tracker.schema(tracker.look()) == truth(migration)


def test_a_whole_look_misses_nothing(migration: Connection, tracker: SchemaTracker) -> None:
    migration.execute(TABLE)
    before = tracker.look()
    migration.execute("cluster child using child_pkey")
    assert not tracker.same(before, tracker.look(whole=True))
    assert tracker.verify()


def test_after_a_look_that_failed_everything_is_read(
    migration: Connection, tracker: SchemaTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> Any:
        raise psycopg.OperationalError

    before = tracker.look()
    migration.execute(TABLE)
    with monkeypatch.context() as patch:
        patch.setattr(watch, "assemble", broken)
        with pytest.raises(psycopg.OperationalError):
            tracker.look()
    after = tracker.look()
    assert tracker.schema(after) == truth(migration)
    assert not tracker.same(before, after)


@pytest.fixture
def newest(server: Server) -> Iterator[ScratchDatabase]:
    with server.create_database("tracking") as created:
        yield created


@pytest.mark.parametrize(
    "statement",
    [
        "drop schema harness_tracking cascade",
        "alter event trigger harness_tracking_commands disable; alter event trigger harness_tracking_drops disable",
        "drop event trigger harness_tracking_drops; drop event trigger harness_tracking_commands",
    ],
)
def test_a_step_that_ends_the_watch(statement: str, newest: ScratchDatabase) -> None:
    migration = newest.connect()
    migration.execute(TABLE)
    tracker = SchemaTracker.attach(own := newest.connect())
    before = tracker.look()
    migration.execute(statement.encode())
    assert tracker.same(before, tracker.look())
    migration.execute("alter table child add column more integer")
    assert tracker.schema(tracker.look()) == truth(own)
    migration.execute("drop table child cascade")
    assert tracker.schema(tracker.look()) == truth(own)
    tracker.detach()
    assert read_schema(own) == truth(own)


def test_after_a_verification_that_failed_everything_is_read(
    migration: Connection, tracker: SchemaTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> Any:
        raise psycopg.OperationalError

    migration.execute(TABLE)
    with monkeypatch.context() as patch:
        patch.setattr(watch, "read_catalog", broken)
        with pytest.raises(psycopg.OperationalError):
            tracker.verify()
    assert tracker.schema(tracker.look()) == truth(migration)
