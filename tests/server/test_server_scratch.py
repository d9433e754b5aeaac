"""Scratch databases: made, cloned, named, dropped."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from harness.findings import VerdictError
from harness.server import ScratchDatabase, Server, attach_server, base, open_server
from harness.server.scratch import database_name
from harness.settings import Settings


def names_on(server: Server) -> set[str]:
    with psycopg.connect(server.url) as connection:
        return {row[0] for row in connection.execute("select datname from pg_catalog.pg_database").fetchall()}


def test_a_database_is_made_used_and_dropped(embedded: Server) -> None:
    with embedded.create_database("round trip") as database:
        assert database.name.startswith("harness_round_trip_")
        assert database.url == embedded.url.removesuffix("postgres") + database.name
        with database.connect() as connection:
            assert connection.autocommit
            connection.execute("create table public.thing (id int)")
            assert connection.execute("show server_encoding").fetchone() == ("UTF8",)
            assert connection.execute("select upper('é')").fetchone() == ("É",)
        assert database.name in names_on(embedded)
    assert database.name not in names_on(embedded)
    database.drop()


def test_connect_takes_the_arguments_of_psycopg(embedded: Server) -> None:
    with (
        embedded.create_database() as database,
        database.connect(autocommit=False, application_name="mine") as connection,
    ):
        assert not connection.autocommit
        assert connection.execute("show application_name").fetchone() == ("mine",)


def test_a_clone_has_what_its_template_has(embedded: Server) -> None:
    with embedded.create_database("template") as template:
        connection = template.connect()
        connection.execute("create table public.thing as select 1 as id")
        connection.close()
        with embedded.create_database("clone", template=template) as clone, clone.connect() as connection:
            assert connection.execute("select id from public.thing").fetchone() == (1,)


def test_a_clone_has_the_settings_of_its_template(embedded: Server, caplog: pytest.LogCaptureFixture) -> None:
    with embedded.create_database("template") as template:
        with template.connect() as connection:
            connection.execute("create text search configuration public.own (copy = pg_catalog.simple)")
            connection.execute("create role gone")
            for setting in (
                "search_path to 'a b', public",
                "default_transaction_read_only to on",
                "app.tenant to 'it''s=1'",
                "default_text_search_config to 'public.own'",
                "role to 'gone'",
            ):
                connection.execute(f'alter database "{template.name}" set {setting}')  # type: ignore[arg-type]
            connection.execute(f'alter role postgres in database "{template.name}" set timezone to "Asia/Tokyo"')
            connection.execute("drop role gone")
        with embedded.create_database("clone", template=template) as clone, clone.connect() as connection:
            for name in (
                "search_path",
                "default_text_search_config",
                "default_transaction_read_only",
                "app.tenant",
                "timezone",
            ):
                with template.connect() as other:
                    query = "select current_setting(%s)"
                    assert connection.execute(query, (name,)).fetchone() == other.execute(query, (name,)).fetchone()
            assert connection.execute("show search_path").fetchone() == ('"a b", public',)
    assert "The setting role" in caplog.text
    assert caplog.text.count("is not copied") == 1


def test_a_template_in_use_is_one_clear_error(embedded: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_TEMPLATE_BUSY_SECONDS", 0.0)
    with embedded.create_database("busy") as template:
        held = template.connect()
        with pytest.raises(
            VerdictError, match=r"could not create the scratch database .*being accessed by other users\.$"
        ):
            embedded.create_database("clone", template=template)
        held.close()


def test_drop_ends_the_sessions_of_others(embedded: Server) -> None:
    database = embedded.create_database("held")
    foreign = psycopg.connect(database.url)
    foreign.execute("select 1")
    database.drop()
    assert database.name not in names_on(embedded)
    with pytest.raises(psycopg.OperationalError):
        foreign.execute("select 1")


def test_drop_ends_what_a_history_subscribed_to(embedded: Server) -> None:
    with embedded.create_database() as database, database.connect() as connection:
        connection.execute(
            "create subscription \"the sub\" connection 'host=nowhere.invalid' publication p "
            "with (connect = false, slot_name = 'taken')"
        )
    assert database.name not in names_on(embedded)


def test_drop_closes_our_own_connections(embedded: Server) -> None:
    database = embedded.create_database("ours")
    connection = database.connect()
    database.drop()
    assert connection.closed


def test_names_fit_and_never_collide() -> None:
    long = database_name("Ünïcode; drop table x -- " * 10)
    assert len(long.encode()) <= 63
    assert long.isascii()
    assert database_name("").startswith("harness_")
    assert database_name("a-b.c").startswith("harness_a_b_c_")
    assert len({database_name("same") for _ in range(2000)}) == 2000


def test_many_threads_create_and_drop_at_once(embedded: Server) -> None:
    barrier = threading.Barrier(6)

    def use(number: int) -> str:
        barrier.wait()
        with embedded.create_database("thread") as database, database.connect() as connection:
            connection.execute("create table public.thing (id int)")
        return database.name

    with ThreadPoolExecutor(6) as pool:
        names = list(pool.map(use, range(6)))
    assert len(set(names)) == 6
    assert not set(names) & names_on(embedded)


def test_a_database_that_cannot_be_dropped_is_named(embedded: Server) -> None:
    with attach_server(embedded.url) as attached:
        database = attached.create_database("kept")
        with psycopg.connect(embedded.url, autocommit=True) as connection:
            connection.execute(f'alter database "{database.name}" is_template true')
            with pytest.raises(VerdictError, match=f"{database.name} could not be dropped: cannot drop a template"):
                database.drop()
            connection.execute(f'alter database "{database.name}" is_template false')
        database.drop()


def test_an_sql_ascii_server_still_gives_utf8_databases() -> None:
    with open_server(Settings(server="embedded")) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("alter database template1 is_template false")
            connection.execute("drop database template1")
            connection.execute("create database template1 template template0 encoding 'SQL_ASCII' locale 'C'")
        with attach_server(server.url) as other, other.create_database() as database, database.connect() as connection:
            assert connection.execute("show server_encoding").fetchone() == ("UTF8",)


def test_importing_the_room_is_cheap() -> None:
    heavy = "{'sqlalchemy', 'alembic', 'docker', 'testcontainers'}"
    code = f"import harness.server, sys; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_scratch_database_shows_its_name(embedded: Server) -> None:
    with embedded.create_database("shown") as database:
        assert isinstance(database, ScratchDatabase)
        assert database.name in repr(database)
        assert "***" in repr(embedded)
