"""Two databases with the schema of `rich.sql`, built apart: a clone would share its OIDs and hide where they leak."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from harness.schema import Schema, read_schema
from harness.server import Server, open_server
from harness.settings import Settings

RICH = (Path(__file__).parent / "rich.sql").read_text(encoding="utf-8")
ROLES = ("harness_reader", "harness_writer", "harness_owner")

Connection = psycopg.Connection[Any]


def create_roles(connection: Connection) -> None:
    """The roles that `rich.sql` grants to; they belong to the server, which may have them from an earlier run."""
    for role in ROLES:
        with connection.transaction():
            found = connection.execute("select from pg_roles where rolname = %s", [role]).fetchone()
            if found is None:
                connection.execute(f"create role {role}")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with open_server(Settings(server=os.environ.get("HARNESS_TEST_SERVER", "embedded"))) as opened:
        with psycopg.connect(opened.url, autocommit=True) as connection:
            create_roles(connection)
        yield opened


@pytest.fixture(scope="session")
def rich(server: Server) -> Iterator[Connection]:
    """The database that corpus statements are run on, each in a transaction that is rolled back."""
    # So that no object of the second database has the OID of its like.
    padding = server.create_database("padding")
    with padding.connect() as connection:
        connection.execute("create type pad as enum ('a', 'b', 'c')")
    database = server.create_database("rich")
    with database.connect() as connection:
        connection.execute("create table shift (a int, b int); drop table shift")
        connection.execute(RICH)
        yield connection
    database.drop()
    padding.drop()


@pytest.fixture(scope="session")
def expected(server: Server) -> Iterator[Schema]:
    """The schema of `rich.sql`, read from a database of its own."""
    database = server.create_database("expected")
    with database.connect() as connection:
        connection.execute(RICH)
        yield read_schema(connection)
    database.drop()


@pytest.fixture
def scratch(server: Server) -> Iterator[Connection]:
    """An empty database."""
    database = server.create_database("scratch")
    with database.connect() as connection:
        yield connection
    database.drop()
