"""The same schema on another major version of PostgreSQL is the same."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from harness.findings import VerdictError
from harness.schema import Schema, diff, read_schema
from harness.schema.repair import repair
from harness.server import Server, binaries, open_server
from harness.settings import Settings

from .conftest import RICH, Connection, create_roles
from .corpus import Mutation, mutations


@pytest.fixture(scope="module")
def other_server(server: Server) -> Iterator[Server]:
    """A server of this machine, of another major version than the one that the other tests use."""
    with pytest.MonkeyPatch.context() as patch:
        # What is left are the installations on PATH and of Debian.
        patch.setattr(binaries, "_WHEELS", ())
        try:
            opened = open_server(Settings(server="embedded"))
        except VerdictError as error:
            pytest.skip(f"no other PostgreSQL here: {error}")
    with opened:
        if opened.version.partition(".")[0] == server.version.partition(".")[0]:
            pytest.skip("the other PostgreSQL here has the same major version")
        with psycopg.connect(opened.url, autocommit=True) as connection:
            create_roles(connection)
        yield opened


@pytest.fixture(scope="module")
def other(other_server: Server) -> Iterator[Connection]:
    database = other_server.create_database("other")
    with database.connect() as connection:
        connection.execute(RICH.encode())
        yield connection
    database.drop()


def test_no_difference(other: Connection, expected: Schema) -> None:
    actual = read_schema(other)
    assert actual.server_version != expected.server_version
    assert diff(expected, actual) == []
    assert diff(actual, expected) == []


def test_what_13_does_not_say_of_a_procedure(expected: Schema) -> None:
    """From 14 on the server prints `IN days integer`."""
    found = {
        item.identity.name: item.attributes["arguments"]
        for item in expected.objects.values()
        if item.identity.kind == "procedure"
    }
    assert found == {"cleanup": "days integer"}


SOME = [mutation for mutation in mutations() if mutation.since == 13][::12]


@pytest.mark.parametrize("mutation", SOME, ids=str)
def test_a_fault_is_seen_across_versions(mutation: Mutation, other: Connection, expected: Schema) -> None:
    with other.transaction(force_rollback=True):
        other.execute(mutation.sql.encode())
        actual = read_schema(other)
    assert [(item.change, str(item.object), item.attribute) for item in diff(expected, actual)] == [
        (mutation.change, mutation.object, mutation.attribute)
    ]


def test_partitions(server: Server, other_server: Server) -> None:
    """From 17 on a partition has its table's identity; from 18 on a foreign key's part for a partition is called
    otherwise.
    """
    statements = (
        "create table part (id int generated always as identity primary key) partition by range (id);"
        "create table low partition of part for values from (0) to (10);"
        "create table ref (id int references part);"
    )
    found = []
    for one in (server, other_server):
        with one.create_database("partitions") as database, database.connect() as connection:
            connection.execute(statements.encode())
            found.append(read_schema(connection))
    assert diff(*found) == []
    assert diff(*reversed(found)) == []


@pytest.mark.parametrize("is_here", [True, False], ids=["here", "there"])
def test_a_repair_says_nothing_that_its_server_does_not_know(
    is_here: bool, server: Server, other_server: Server
) -> None:
    """`MAINTAIN` came with 17, and names of `NOT NULL` with 18."""
    whole = (
        "create table t (a int constraint given not null, b int not null, c text);"
        "alter table t rename b to d; create table later (id int not null);"
        "grant all on t, later to harness_owner; grant select on t, later to harness_reader;"
    )
    drift = (
        "alter table t alter a drop not null, alter d drop not null, drop c; drop table later;"
        "revoke select on t from harness_reader; grant insert on t to harness_writer;"
    )
    wanted, drifted = (server, other_server) if is_here else (other_server, server)
    with (
        wanted.create_database("wanted") as one,
        drifted.create_database("drifted") as another,
        one.connect() as connection,
        another.connect() as repaired,
    ):
        connection.execute(whole.encode())
        repaired.execute((whole + drift).encode())
        expected, actual = read_schema(connection), read_schema(repaired)
        found = repair(expected, actual, diff(expected, actual))
        assert not found.for_a_person
        assert "maintain" not in found.sql
        repaired.execute(found.sql.encode())
        assert diff(expected, read_schema(repaired)) == []
