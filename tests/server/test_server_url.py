"""Existing servers: what is ours is dropped, what is not is left alone, and a wrong URL is told in one sentence."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from harness.findings import UsageError, VerdictError
from harness.server import Server, attach_server, base, open_server
from harness.server.urls import build_url, masked, server_url, with_database
from harness.settings import Settings

Eventually = Callable[[Callable[[], bool]], None]


def ours_on(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        query = "select datname from pg_catalog.pg_database where datname like 'harness%%'"
        return {row[0] for row in connection.execute(query).fetchall()}


@pytest.fixture
def role(embedded: Server) -> Iterator[Callable[[str], str]]:
    """Make a role with such attributes and an awkward password; gives its URL."""
    name = "o'Hara @home"
    identifier = sql.Identifier(name)
    password = "p@ss/w:rd%20#[]"

    def make(attributes: str) -> str:
        with psycopg.connect(embedded.url, autocommit=True) as connection:
            query = "create role {} login password {} " + attributes
            connection.execute(sql.SQL(query).format(identifier, sql.Literal(password)))  # type: ignore[arg-type]
            port = connection.info.port
        return build_url(name, password, "127.0.0.1", port, "postgres")

    yield make
    with psycopg.connect(embedded.url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop role if exists {}").format(identifier))


def test_only_what_it_created_is_dropped(embedded: Server) -> None:
    with embedded.create_database("another run") as other:
        with open_server(Settings(server=embedded.url.replace("postgresql://", "postgresql+asyncpg://"))) as server:
            assert (server.kind, server.version, server.url) == ("url", embedded.version, embedded.url)
            left, dropped = server.create_database("left"), server.create_database("dropped")
            dropped.drop()
            assert ours_on(embedded.url) == {other.name, left.name}
        assert ours_on(embedded.url) == {other.name}
        server.close()
        with pytest.raises(VerdictError, match="was closed"):
            server.create_database()


def test_an_attached_server_keeps_what_its_owner_says_of_it(embedded: Server) -> None:
    with attach_server(embedded.url, kind="docker", why="because") as server:
        assert (server.kind, server.why, server.version) == ("docker", "because", embedded.version)
        server.create_database("worker")
    assert ours_on(embedded.url) == set()
    assert psycopg.connect(embedded.url).execute("select 1").fetchone() == (1,)


def test_a_role_with_an_awkward_password_works(embedded: Server, role: Callable[[str], str]) -> None:
    server = open_server(Settings(server=role("createdb")))
    with server, server.create_database("a") as database, database.connect() as connection:
        assert connection.execute("select current_user").fetchone() == ("o'Hara @home",)


def test_a_role_that_may_not_create_databases_is_told_at_once(role: Callable[[str], str]) -> None:
    with pytest.raises(VerdictError, match="may not create databases") as caught:
        open_server(Settings(server=role("nocreatedb")))
    assert caught.value.fix.startswith("Let it: alter role")
    assert "p%40ss" not in str(caught.value)


def test_an_unreachable_server_is_no_verdict() -> None:
    with pytest.raises(VerdictError, match=r"The PostgreSQL server at .* cannot be reached: .*") as caught:
        open_server(Settings(server="postgresql://someone:secret-word@127.0.0.1:1/postgres"))
    assert "secret-word" not in str(caught.value)
    assert caught.value.fix


def test_a_wrong_password_is_no_verdict(embedded: Server) -> None:
    url = embedded.url.replace(embedded.url.split(":")[2].split("@")[0], "wrong-word")
    with pytest.raises(VerdictError, match="password authentication failed") as caught:
        open_server(Settings(server=url))
    assert "wrong-word" not in str(caught.value)


def test_an_old_server_is_no_verdict(embedded: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    # No PostgreSQL older than 13 is to be had on the machines that run this.
    monkeypatch.setattr(base, "_OLDEST", 99)
    with pytest.raises(VerdictError, match="harness needs 99 or newer"):
        open_server(Settings(server=embedded.url))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mysql://me:secret-word@db/x", "is a URL of 'mysql', and harness works on PostgreSQL only"),
        ("sqlite:///x.db", "is a URL of 'sqlite'"),
        ("embeded", "Did you mean 'embedded'"),
        ("Docker", "Did you mean 'docker'"),
        ("host=db password=secret-word", "neither auto, docker, embedded nor a URL"),
        ("", "neither auto, docker, embedded nor a URL"),
        ("postgresql://", "names no host"),
        ("postgresql:///x", "names no host"),
        ("postgresql://me:secret-word@db:port/x", "host or port that cannot be read"),
        ("postgresql://me:secret-word/y@db:5432/x", "not percent-encoded"),
        ("postgresql://me:secret-word@y@db:5432/x", "not percent-encoded"),
        ("postgresql://me:50%secret-word@db:5432/x", "not percent-encoded"),
        (
            "postgresql://me:secret-word@db/x?prepared_statement_cache_size=0",
            "Leave out parameters that only one driver",
        ),
        ("postgresql://me:secret-word[@db:5432/x", "host or port that cannot be read"),
        ("postgresql://me:secret-word@db:99999/x", "host or port that cannot be read"),
        ("postgresql://me:secret-word@a:1,b:2/x", "more than one host"),
        ("postgresql://me:secret-word#1@db/x", "not percent-encoded"),
    ],
)
def test_what_is_no_url_is_told_without_the_password(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_server(Settings(server=text))
    assert message in str(caught.value)
    assert "secret-word" not in str(caught.value)
    assert caught.value.exit_code == 2
    assert caught.value.fix


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("postgresql+psycopg://u:p@h/db?sslmode=require", "postgresql://u:p@h/db?sslmode=require"),
        ("postgres://u@h", "postgresql://u@h/postgres"),
        ("POSTGRESQL://h/", "postgresql://h/postgres"),
        ("postgresql://[::1]:5433/a%20b", "postgresql://[::1]:5433/a%20b"),
        ("postgresql:///x?host=/run/postgresql", "postgresql:///x?host=/run/postgresql"),
    ],
)
def test_urls_are_brought_to_one_form(text: str, url: str) -> None:
    assert server_url(text) == url


def test_parts_of_urls() -> None:
    assert with_database("postgresql:///x?host=/run", "ä b") == "postgresql:///%C3%A4%20b?host=/run"
    assert masked("postgresql://u:p@h:1/x?password=p") == "postgresql://u:***@h:1/x"
    assert build_url("u", "a b", "::1", 1, "d") == "postgresql://u:a%20b@[::1]:1/d"


OWNER = """
from harness.server import open_server
from harness.settings import Settings
with open_server(Settings(server={url!r})) as server:
    databases = [server.create_database("owned") for _ in range(2)]
    held = databases[0].connect()
    say(names=[database.name for database in databases])
    {then}
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_no_database_outlives_its_owner(
    embedded: Server, owner: Callable[..., Any], eventually: Eventually, number: signal.Signals
) -> None:
    process = owner(OWNER.format(url=embedded.url, then="time.sleep(60)"))
    names = set(process.facts()["names"])
    assert names <= ours_on(embedded.url)
    process.kill(number)
    eventually(lambda: not names & ours_on(embedded.url))


def test_no_database_outlives_an_owner_killed_while_creating(
    embedded: Server, owner: Callable[..., Any], eventually: Eventually
) -> None:
    then = "say(loop=True)\n    while True: server.create_database('loop')"
    others = ours_on(embedded.url)
    for pause in (0.0, 0.013, 0.031):
        process = owner(OWNER.format(url=embedded.url, then=then))
        process.facts()
        process.facts()
        time.sleep(pause)
        process.kill()
        eventually(lambda: not ours_on(embedded.url) - others)


def test_no_database_outlives_an_owner_that_has_forked(
    embedded: Server, owner: Callable[..., Any], eventually: Eventually
) -> None:
    fork = "child = os.fork()\n    if child == 0: time.sleep(60); os._exit(0)\n    say(child=child); time.sleep(60)"
    process = owner(OWNER.format(url=embedded.url, then=fork))
    names = set(process.facts()["names"])
    child = process.facts()["child"]
    process.kill()
    try:
        eventually(lambda: not names & ours_on(embedded.url))
    finally:
        os.kill(child, signal.SIGKILL)
