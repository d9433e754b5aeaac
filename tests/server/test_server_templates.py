"""Template databases: made once, shared by all who use a server, dropped by the last of them, and nobody else's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from harness.findings import VerdictError
from harness.server import Server, attach_server, open_server
from harness.server.templates import Template
from harness.server.urls import build_url, with_database
from harness.settings import Settings

Eventually = Callable[[Callable[[], bool]], None]
KEY = "00aa11"


@pytest.fixture
def other(embedded: Server) -> Iterator[Server]:
    """The same server, as another process would have it."""
    with attach_server(embedded.url) as server:
        yield server


@pytest.fixture
def another(embedded: Server) -> Iterator[Server]:
    with attach_server(embedded.url) as server:
        yield server


def on(server: Server) -> set[str]:
    with psycopg.connect(server.url) as connection:
        query = "select datname from pg_catalog.pg_database where datname like 'harness%'"
        return {row[0] for row in connection.execute(query).fetchall()}


def make(server: Server, key: str = KEY, **facts: Any) -> Template:
    database = server.create_database("making")
    with database.connect() as connection:
        connection.execute("create table public.thing as select 1 as id")
    return server.templates.put(database, key, facts)


def find(server: Server, key: str = KEY) -> Template | None:
    return server.templates.find(key, lambda _facts: True)


def test_a_template_is_found_by_its_key_and_cloned(other: Server, another: Server) -> None:
    made = make(other, words=["é", "it's", "{}", "%s"])
    found = find(another)
    assert found is not None
    assert (found.database.name, found.facts) == (made.database.name, {"words": ["é", "it's", "{}", "%s"]})
    assert found.database.name.startswith("harness_template_")
    with another.create_database("clone", template=found.database) as clone, clone.connect() as connection:
        assert connection.execute("select id from public.thing").fetchone() == (1,)
    assert find(another, "00aa1") is None
    assert find(another, "ff") is None


def test_a_template_takes_no_connections_and_the_scratch_database_is_gone(other: Server) -> None:
    scratch = other.create_database("making")
    template = other.templates.put(scratch, KEY, {})
    assert on(other) == {template.database.name}
    with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
        template.database.connect()
    scratch.drop()
    assert on(other) == {template.database.name}


def test_the_last_who_uses_it_drops_it(embedded: Server, other: Server, another: Server) -> None:
    template = make(other)
    assert find(another) is not None
    other.close()
    assert on(embedded) == {template.database.name}
    another.close()
    assert on(embedded) == set()


def test_what_is_out_of_date_is_not_found(other: Server, another: Server) -> None:
    make(other, version=1)
    assert another.templates.find(KEY, lambda facts: facts["version"] == 2) is None
    newer = make(another, version=2)
    found = other.templates.find(KEY, lambda facts: facts["version"] == 2)
    assert found is not None
    assert found.database.name == newer.database.name


def test_one_makes_it_while_the_others_wait(embedded: Server) -> None:
    makers: list[int] = []
    found: list[str] = []
    barrier = threading.Barrier(4)

    def ask(number: int) -> None:
        with attach_server(embedded.url) as server:
            barrier.wait()
            with server.templates.making(KEY, 60):
                template = find(server)
                if template is None:
                    makers.append(number)
                    time.sleep(0.2)
                    template = make(server)
            found.append(template.database.name)
            barrier.wait()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(makers) == 1
    assert len(found) == 4
    assert len(set(found)) == 1
    assert on(embedded) == set()


def test_who_waits_too_long_is_told(other: Server, another: Server) -> None:
    with (
        other.templates.making(KEY, 1),
        pytest.raises(VerdictError, match=r"has been making the same template database for 0\.1 seconds") as caught,
        another.templates.making(KEY, 0.1),
    ):
        raise AssertionError
    assert "timeout" in caught.value.fix
    with another.templates.making(KEY, 1), other.templates.making("ff", 1):
        pass


OWNER = """
from harness.server import attach_server
server = attach_server({url!r}, kind={kind!r})
with server.templates.making({key!r}, 5):
    database = server.create_database("making")
    {then}
"""
WAIT = "time.sleep(60)"


def test_a_build_that_is_interrupted_is_no_template(
    embedded: Server, other: Server, owner: Callable[..., Any], eventually: Eventually
) -> None:
    then = f"say(name=database.name); {WAIT}"
    process = owner(OWNER.format(url=embedded.url, kind="url", key=KEY, then=then))
    half = process.facts()["name"]
    with pytest.raises(VerdictError), other.templates.making(KEY, 0.1):
        raise AssertionError
    process.kill()
    with other.templates.making(KEY, 20):
        assert find(other) is None
    eventually(lambda: half not in on(embedded))


MADE = f"made = server.templates.put(database, '{KEY}', dict()).database; say(name=made.name); {WAIT}"


def test_a_killed_maker_leaves_it_to_who_uses_it(
    embedded: Server, other: Server, owner: Callable[..., Any], eventually: Eventually
) -> None:
    # Its watchdog looks at what it noted in this order.
    later = MADE.replace("say(", "later = server.create_database('later'); say(later=later.name, ")
    process = owner(OWNER.format(url=embedded.url, kind="url", key=KEY, then=later))
    facts = process.facts()
    assert find(other) is not None
    process.kill()
    eventually(lambda: facts["later"] not in on(embedded))
    assert on(embedded) == {facts["name"]}
    other.close()
    assert on(embedded) == set()


def test_a_killed_maker_that_nobody_follows_leaves_nothing(
    embedded: Server, owner: Callable[..., Any], eventually: Eventually
) -> None:
    process = owner(OWNER.format(url=embedded.url, kind="url", key=KEY, then=MADE))
    assert process.facts()["name"] in on(embedded)
    process.kill()
    eventually(lambda: not on(embedded))


def test_what_is_left_of_the_dead_goes_at_the_next_look_and_nothing_else(
    embedded: Server, other: Server, another: Server, owner: Callable[..., Any], eventually: Eventually
) -> None:
    # A server that is not the user's has no watchdog: this stands for one that was killed together with its owner.
    process = owner(OWNER.format(url=embedded.url, kind="docker", key=KEY, then=MADE))
    left = process.facts()["name"]
    alive = make(other, "ff").database.name
    tag = left.removeprefix("harness_template_")[:8]
    users = {"harness_template_mine", f"harness_{tag}_{KEY}_00000000", f"harness_template_0000000{tag}_{KEY}"}
    with psycopg.connect(embedded.url, autocommit=True) as connection:
        for name in users:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            process.kill()
            assert left in on(embedded)
            time.sleep(0.1)  # the server notices that the client is gone
            assert find(another) is None
            assert on(embedded) == {alive, *users}
        finally:
            for name in users:
                connection.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))


def test_a_session_that_was_ended_is_begun_anew_with_its_locks(embedded: Server, other: Server) -> None:
    first = make(other)
    with psycopg.connect(embedded.url, autocommit=True) as connection:
        ended = connection.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and mode = 'ShareLock'"
        )
        assert ended.fetchall() == [(True,)]
    second = make(other, "ff")
    with attach_server(embedded.url) as sweeper:
        assert find(sweeper, "01") is None
    assert on(embedded) == {first.database.name, second.database.name}
    other.close()
    assert on(embedded) == set()


def test_a_session_that_holds_locks_is_not_ended_for_being_idle(embedded: Server) -> None:
    with psycopg.connect(embedded.url, autocommit=True) as connection:
        for name in ("idle_session_timeout", "statement_timeout"):
            connection.execute(f"alter role postgres set {name} = '200ms'")
        try:
            with attach_server(embedded.url) as server, server.templates.making("ff", 1):
                template = make(server)
                time.sleep(0.5)
                with attach_server(embedded.url) as sweeper:
                    assert find(sweeper, "01") is None
                    with pytest.raises(VerdictError), sweeper.templates.making("ff", 0.1):
                        raise AssertionError
                assert on(embedded) == {template.database.name}
        finally:
            for name in ("idle_session_timeout", "statement_timeout"):
                connection.execute(f"alter role postgres reset {name}")


def test_who_may_not_clone_it_makes_one_of_their_own(embedded: Server, other: Server) -> None:
    make(other)
    with psycopg.connect(embedded.url, autocommit=True) as connection:
        connection.execute("create role builder login createdb password 'builder'")
        url = build_url("builder", "builder", "127.0.0.1", connection.info.port, "postgres")
        try:
            with open_server(Settings(server=url)) as server:
                assert find(server) is None
                own = make(server)
                with server.create_database(template=own.database):
                    found = find(server)
                assert found is not None
                assert found.database.name == own.database.name
            with attach_server(embedded.url) as superuser:
                assert find(superuser) is not None
        finally:
            connection.execute("drop role builder")


def test_locks_of_another_database_are_not_seen_so_its_templates_are_left_alone(
    embedded: Server, other: Server
) -> None:
    template = make(other)
    with embedded.create_database("maintenance") as database:
        url = with_database(embedded.url, database.name)
        with attach_server(url) as elsewhere:
            assert find(elsewhere) is None
            assert template.database.name in on(embedded)
            assert find(other) is not None


def test_a_server_that_is_gone_is_one_clear_error() -> None:
    with open_server(Settings(server="embedded")) as owner:
        server = attach_server(owner.url)
        template = make(server)
        owner.close()
        with pytest.raises(VerdictError, match="could not look for a template database"):
            find(server)
        with pytest.raises(VerdictError, match="could not lock a template database"), server.templates.making("ff", 1):
            raise AssertionError
        with pytest.raises(VerdictError, match="could not create the scratch database"):
            server.create_database(template=template.database)
        with pytest.raises(VerdictError, match=f"could not be dropped: .*{template.database.name}"):
            server.close()
