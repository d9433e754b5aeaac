"""The corpus of the schema room, and a database on which faults are made and repaired, each in a transaction."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from schema.conftest import RICH, create_roles

from harness.schema import Schema, read_schema
from harness.server import Server


@pytest.fixture(scope="session")
def roles(server: Server) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        create_roles(connection)


@pytest.fixture(scope="session")
def expected(server: Server, roles: None) -> Schema:
    """The schema of `rich.sql`, read from a database of its own."""
    with server.create_database("expected") as database, database.connect() as connection:
        connection.execute(RICH)
        return read_schema(connection)


@pytest.fixture(scope="session")
def faulty(server: Server, roles: None) -> Iterator[sa.Connection]:
    """A connection, as Alembic wants it, to a second database with that schema, whose OIDs are others."""
    with server.create_database("faulty") as database:
        with database.connect() as connection:
            connection.execute("create table shift (a int, b int); drop table shift")
            connection.execute(RICH)
        engine = sa.create_engine(database.url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)
        with engine.connect() as opened:
            yield opened
