"""Every fault and every neutral operation of the corpus is tracked as exactly as a whole reading sees it."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from harness.schema import Identity, Schema, SchemaObject, SchemaTracker, read_schema
from harness.server import Server

from .conftest import RICH, Connection
from .corpus import Mutation, Neutral, mutations, neutrals

Tracked = tuple[Connection, SchemaTracker]


def truth(connection: Connection) -> Schema:
    """What `read_schema` reads, less what the tracker has installed."""
    return read_schema(connection).without(_is_installed)


def _is_installed(item: SchemaObject) -> bool:
    return item.identity.name.startswith("harness_tracking") or item.identity.schema == "harness_tracking"


def uses(schema: Schema) -> dict[Identity, set[Identity]]:
    """What each object stands on, in no order."""
    return {identity: set(item.uses) for identity, item in schema.objects.items()}


@contextmanager
def rolled_back(connection: Connection, tracker: SchemaTracker) -> Iterator[None]:
    """A transaction on the tracker's own connection that is rolled back, and with it what the tracker saw of it.

    No other connection would see what is not committed, and a database for each statement would take too long.
    """
    parts = (tracker, tracker._history, tracker._catalog, tracker._watch)
    kept = [
        {name: copy.copy(value) if isinstance(value, (dict, list)) else value for name, value in vars(part).items()}
        for part in parts
    ]
    with connection.transaction(force_rollback=True):
        yield
    for part, attributes in zip(parts, kept, strict=True):
        vars(part).update(attributes)


@pytest.fixture(scope="module")
def tracked(server: Server) -> Iterator[Tracked]:
    """A database with the schema of `rich.sql`, and its tracker on the same connection."""
    database = server.create_database("tracked")
    with database.connect() as connection:
        connection.execute(RICH.encode())
        yield connection, SchemaTracker.attach(connection)
    database.drop()


def step(connection: Connection, sql: str) -> None:
    connection.execute(sql.encode())
    # Some act as somebody else, and the tracker goes on in the same session.
    connection.execute("reset role")


@pytest.mark.parametrize("mutation", mutations(), ids=str)
def test_a_fault_is_seen(mutation: Mutation, tracked: Tracked) -> None:
    connection, tracker = tracked
    if connection.info.server_version // 10000 < mutation.since:
        pytest.skip(f"syntax of PostgreSQL {mutation.since}")
    with rolled_back(connection, tracker):
        before = tracker.look()
        step(connection, mutation.sql)
        # PostgreSQL tells nobody of what is written to its catalogs directly.
        after = tracker.look(whole=mutation.sql.startswith("update pg_"))
        actual, expected = tracker.schema(after), truth(connection)
        assert actual == expected
        assert uses(actual) == uses(expected)
        assert not tracker.same(before, after)


@pytest.mark.parametrize("neutral", neutrals(), ids=str)
def test_what_changes_nothing_is_the_same(neutral: Neutral, tracked: Tracked) -> None:
    connection, tracker = tracked
    if connection.info.server_version // 10000 < neutral.since:
        pytest.skip(f"syntax of PostgreSQL {neutral.since}")
    with rolled_back(connection, tracker):
        before = tracker.look()
        step(connection, neutral.sql)
        after = tracker.look()
        actual, expected = tracker.schema(after), truth(connection)
        assert actual == expected
        assert uses(actual) == uses(expected)
        assert tracker.same(before, after) == (tracker.schema(before) == expected)


@pytest.mark.parametrize("seed", range(3))
def test_one_after_the_other(seed: int, server: Server) -> None:
    """Committed from another connection, in any order; what fails is rolled back."""
    chosen = random.Random(seed).sample([*mutations(), *neutrals()], 40)
    with server.create_database("sequence") as database, database.connect() as migration:
        migration.execute(RICH.encode())
        tracker = SchemaTracker.attach(own := database.connect())
        moments = [(tracker.look(), truth(own))]
        for item in chosen:
            if migration.info.server_version // 10000 < item.since:
                continue
            try:
                with migration.transaction():
                    step(migration, item.sql)
            except psycopg.Error:
                # It needs what an earlier one took away.
                after = tracker.look()
                assert tracker.same(moments[-1][0], after)
            else:
                after = tracker.look(whole=item.sql.startswith("update pg_"))
            expected = truth(own)
            assert tracker.schema(after) == expected, item
            assert uses(tracker.schema(after)) == uses(expected), item
            moments.append((after, expected))
        for (a, at_a), (b, at_b) in zip(moments, reversed(moments), strict=True):
            assert tracker.same(a, b) == (at_a == at_b)
            assert tracker.schema(a) == at_a
        assert tracker.verify()
