"""The version table is written as Alembic itself writes it: the same statements, the same rows, the same complaints."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from alembic.runtime.migration import HeadMaintainer, MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.pool import NullPool

from harness.environment.version_table import VersionTable
from harness.server import Server


@pytest.fixture(scope="module", params=["psycopg", "psycopg2"])
def connection(request: pytest.FixtureRequest, server: Server) -> Iterator[Connection]:
    with server.create_database("versions") as database:
        url = database.url.replace("postgresql://", f"postgresql+{request.param}://", 1)
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text('create schema "odd %"'))
            yield connection


def moved(kind: type[HeadMaintainer], connection: Connection, options: dict[str, Any], *names: str) -> list[str]:
    """The statements that move the row through some revisions, and in the end the rows; all is rolled back."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    with connection.begin_nested() as savepoint:
        context = MigrationContext.configure(connection, opts=options)
        context._ensure_version_table()
        heads = kind(context, [])
        heads._insert_version(names[0])
        event.listen(connection, "before_cursor_execute", note)
        try:
            for before, after in pairwise(names):
                heads._update_version(before, after)
        finally:
            event.remove(connection, "before_cursor_execute", note)
        rows = sorted(connection.scalars(context._version.select()))
        assert sorted(heads.heads) == rows
        savepoint.rollback()
    return [*statements, *rows]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"version_table": "Versions % of it", "version_table_schema": "odd %"},
        {"version_table": 'quo"ted', "version_table_pk": False},
    ],
    ids=["usual", "schema", "quoted"],
)
@pytest.mark.parametrize("names", [("a1", "b2", "c3", "a1"), ("100%", "b 2", "ü-3", "%s"), ("0.1.0", "v3.0.0.a_b-c")])
def test_the_statements_are_alembics(connection: Connection, options: dict[str, Any], names: tuple[str, ...]) -> None:
    theirs = moved(HeadMaintainer, connection, options, *names)
    assert len(theirs) == len(names)
    assert moved(VersionTable, connection, options, *names) == theirs


def test_another_schema_at_each_execution_is_kept(connection: Connection) -> None:
    translated = connection.execution_options(schema_translate_map={None: "odd %"})
    try:
        theirs = moved(HeadMaintainer, translated, {}, "a1", "b2")
        assert '"odd %%"' in theirs[0] or '"odd %"' in theirs[0]
        assert moved(VersionTable, translated, {}, "a1", "b2") == theirs
    finally:
        connection.execution_options(schema_translate_map=None)


@pytest.mark.parametrize("rows", [0, 2])
def test_a_row_that_is_not_there_once_is_complained_of(connection: Connection, rows: int) -> None:
    said = []
    for kind in (HeadMaintainer, VersionTable):
        with connection.begin_nested() as savepoint:
            context = MigrationContext.configure(connection, opts={"version_table_pk": False})
            context._ensure_version_table()
            for _ in range(rows):
                connection.execute(text("insert into alembic_version values ('a1')"))
            with pytest.raises(CommandError) as caught:
                kind(context, ["a1"])._update_version("a1", "b2")
            said.append(str(caught.value))
            savepoint.rollback()
    assert f"; {rows} found" in said[0]
    assert said[1] == said[0]
