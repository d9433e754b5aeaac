"""The gate does no harm: what it sends, which locks it takes, which rights it needs, and that it keeps a secret."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from live_databases import HEAD, ROOT, grounded, judge, sample_project, upgraded
from psycopg import sql

import harness
from harness.comparison.address import read_address
from harness.comparison.session import LiveSession
from harness.environment import EnvironmentRun
from harness.findings import VerdictError
from harness.report import FORMATS, render
from harness.schema import read_schema
from harness.server import ScratchDatabase, Server, open_server
from harness.server.embedded import EmbeddedServer
from harness.server.urls import with_database
from harness.settings import Settings

LOGGED = re.compile(r"^gate!(?P<application>[^!]*)!(?P<pid>\d+)!(?P<text>.*?)(?=^gate!|\Z)", re.MULTILINE | re.DOTALL)
STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*|parse [^:]*): (?P<sql>.*)", re.DOTALL)


@pytest.fixture(scope="module")
def live_server() -> Iterator[EmbeddedServer]:
    """A server of its own, which writes down every statement with the application that sent it."""
    with open_server(Settings(server="embedded")) as server:
        assert isinstance(server, EmbeddedServer)
        with psycopg.connect(server.url, autocommit=True) as connection:
            for setting in ("log_line_prefix = 'gate!%a!%p!'", "log_statement = 'all'", "log_lock_waits = on"):
                connection.execute(f"alter system set {setting}".encode())
            connection.execute("select pg_reload_conf()")
            connection.execute("create role onlooker login password 'tell-nobody'")
        yield server


@pytest.fixture(scope="module")
def live(live_server: Server) -> Iterator[ScratchDatabase]:
    with upgraded(live_server) as database:
        yield database


def onlooker(database: ScratchDatabase) -> str:
    """The URL of a database for a role that may do nothing but connect."""
    return re.sub(r"//[^@]*@", "//onlooker:tell-nobody@", database.url)


def statements(server: EmbeddedServer, since: int) -> tuple[list[str], set[str]]:
    """What sessions called `harness gate` have sent, and which those were."""
    with server.log.open("rb") as log:
        log.seek(since)
        text = log.read().decode()
    found, sessions = [], set()
    for entry in LOGGED.finditer(text):
        match = STATEMENT.search(entry["text"])
        if match and entry["application"].startswith("harness gate"):
            found.append(match["sql"].strip())
            sessions.add(entry["pid"])
    return found, sessions


def test_nothing_but_reads_is_sent(live_server: EmbeddedServer, live: ScratchDatabase, server: Server) -> None:
    since = live_server.log.stat().st_size
    with grounded(server) as ground:
        judged = judge(ground, live)
        assert [list(part()) for _, part in judged.checks() if _ != "gate.rehearsal"] == [[], []]
    sent, sessions = statements(live_server, since)
    assert (len(sent) > 40, len(sessions)) == (True, 1)
    # In this order: a transaction that cannot write, its limits, then the first look at anything.
    assert sent[0] == "begin isolation level repeatable read, read only"
    assert "set_config('lock_timeout'" in sent[1]
    allowed = re.compile(r"(?:begin isolation level repeatable read, read only|rollback|ROLLBACK|SAVEPOINT|RELEASE)\b")
    reads = re.compile(r"(?:--[^\n]*\n\s*)*(?:select|with)\b")
    assert [text for text in sent if not (allowed.match(text) or reads.match(text))] == []
    written = re.compile(r"\b(?:insert into|update \w|delete from|create \w|alter \w|drop \w|lock table|for update)\b")
    bare = [re.sub(r"--[^\n]*|'[^']*'", "", text) for text in sent]
    assert [text for text in bare if written.search(text) or ";" in text] == []


def test_the_session_cannot_write(live: ScratchDatabase) -> None:
    address = read_address(live.url)
    with LiveSession(address, application="harness gate", timeout=60) as session:
        with pytest.raises(VerdictError, match="read-only transaction"), session.reading() as connection:
            connection.execute("create table public.written (id int)")
        # Nor outside of its transactions: the startup packet said so.
        assert session._connection is not None
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            session._connection.execute("create table public.written (id int)")
        shown = ("default_transaction_read_only", "statement_timeout", "lock_timeout")
        values = [session._connection.execute(f"show {name}".encode()).fetchone() for name in shown]
        assert values == [("on",), ("1min",), ("5s",)]


def test_no_lock_is_stronger_than_access_share(live_server: Server, live: ScratchDatabase) -> None:
    seen: set[tuple[str, str | None, str]] = set()
    done = threading.Event()

    def watch() -> None:
        query = (
            "select l.locktype, l.classid::regclass::text, l.mode from pg_locks as l"
            " join pg_stat_activity as a using (pid) where a.application_name = 'harness gate'"
        )
        with psycopg.connect(live_server.url, autocommit=True) as connection:
            while not done.is_set():
                seen.update(connection.execute(query).fetchall())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with LiveSession(read_address(live.url), application="harness gate", timeout=60) as session:
            deadline = time.monotonic() + 20
            while ("relation", None, "AccessShareLock") not in seen and time.monotonic() < deadline:
                with session.reading() as connection:
                    read_schema(connection)
    finally:
        done.set()
        watcher.join()
    assert ("relation", None, "AccessShareLock") in seen
    # A session's own transaction is what it holds exclusively. The lock on the database is taken by whoever connects,
    # until the session has begun (`InitPostgres` in src/backend/utils/init/postinit.c).
    own = {("virtualxid", None, "ExclusiveLock"), ("object", "pg_database", "RowExclusiveLock")}
    assert seen - own == {("relation", None, "AccessShareLock")}


def test_a_role_that_may_only_connect(live: ScratchDatabase, server: Server) -> None:
    def ask(**asked: Any) -> harness.Report:
        return harness.gate(onlooker(live), directory=ROOT, server=server, **asked)

    report = ask()
    assert report.exit_code() == 3
    first = report.checks[0]
    assert (first.name, first.outcome) == ("gate.revision", "error")
    assert "The role onlooker may not read the version table public.alembic_version" in (first.reason or "")
    assert 'grant select on "public"."alembic_version" to "onlooker"' in (first.reason or "")
    # All else it can see.
    report = ask(stands_at=[HEAD])
    assert (report.exit_code(), report.findings) == (0, ())
    assert any("as --from says" in note for note in report.notes)
    with live.connect() as connection:
        connection.execute("drop index ix_shipment_order_id")
    assert [finding.rule for finding in ask(stands_at=[HEAD]).findings] == ["gate.drift.index.missing"]
    with live.connect() as connection:
        connection.execute("create index ix_shipment_order_id on shipment (order_id)")


def test_what_may_not_be_read_is_never_green(live: ScratchDatabase, server: Server) -> None:
    with live.connect() as connection:
        connection.execute("revoke select on pg_catalog.pg_policy from public")
        connection.execute("grant select on alembic_version to onlooker")
    try:
        url = onlooker(live)
        report = harness.gate(url, directory=ROOT, server=server, select=["drift"])
        assert report.exit_code() == 3
        assert "may not read the policies" in (report.checks[0].reason or "")
        report = harness.gate(url, directory=ROOT, server=server, select=["drift"], skip_unreadable=True, grants=False)
        assert report.findings == ()
        assert any(note.startswith("Not compared, since the role onlooker may not") for note in report.notes)
    finally:
        with live.connect() as connection:
            connection.execute("grant select on pg_catalog.pg_policy to public")
            connection.execute("revoke select on alembic_version from onlooker")


HOSTILE = "we\"ird'; drop table x;--%s {y} \n☃"


def test_hostile_names(live_server: Server, server: Server) -> None:
    name = "harness_" + HOSTILE
    with psycopg.connect(live_server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    try:
        url = with_database(live_server.url, name)
        with psycopg.connect(url, autocommit=True) as connection:
            _upgrade_by_hand(live_server, connection)
            target = sql.Identifier(HOSTILE)
            connection.execute(sql.SQL("create schema {}").format(target))
            connection.execute(sql.SQL("create table {}.{} ({} int)").format(target, target, target))
            connection.execute(sql.SQL("create view {} as select 1 as {}").format(target, target))
            connection.execute(sql.SQL("comment on view {} is {}").format(target, sql.Literal(HOSTILE)))
            connection.execute(sql.SQL("alter table app_user add {} text default {}").format(target, HOSTILE))
        report = harness.gate(url, directory=ROOT, server=server)
        assert sorted((finding.rule, finding.object.name if finding.object else "") for finding in report.findings) == [
            ("gate.drift.column.extra", HOSTILE),
            ("gate.drift.schema.extra", HOSTILE),
            ("gate.drift.view.extra", HOSTILE),
        ]
        for form in FORMATS:
            text = render(report, form)
            if form != "html":
                assert "☃" in text or "\\u2603" in text
    finally:
        with psycopg.connect(live_server.url, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))


def _upgrade_by_hand(live_server: Server, connection: psycopg.Connection[Any]) -> None:
    """Run the history through a database with a plain name, and copy what it makes as SQL."""
    with live_server.create_database("plain") as plain:
        with EnvironmentRun.start(sample_project(), plain.url) as run:
            assert run.deploy("heads").failure is None
        from harness.schema import diff
        from harness.schema.repair import repair

        with plain.connect() as made:
            wanted, actual = read_schema(made), read_schema(connection)
        connection.execute(repair(wanted, actual, diff(wanted, actual)).sql.encode())
        connection.execute(sql.SQL("insert into alembic_version values ({})").format(HEAD))


SECRET = "s3cret/p@ss:%w0rd"


@pytest.fixture
def secretive(live_server: Server, live: ScratchDatabase) -> Iterator[str]:
    """A URL with a password that must be seen nowhere."""
    with psycopg.connect(live_server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("create role secretive superuser login password {}").format(SECRET))
    yield re.sub(r"//[^@]*@", f"//secretive:{quote(SECRET, safe='')}@", live.url)
    with psycopg.connect(live_server.url, autocommit=True) as connection:
        connection.execute("drop role secretive")


def is_told(text: str) -> bool:
    return any(secret in text for secret in (SECRET, quote(SECRET, safe=""), quote(SECRET), "s3cret", "w0rd"))


def test_the_password_is_told_nowhere(
    secretive: str,
    server: Server,
    live: ScratchDatabase,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(0)
    with live.connect() as connection:
        connection.execute("create table by_hand (id int)")
    report = harness.gate(secretive, directory=ROOT, server=server)
    with live.connect() as connection:
        connection.execute("drop table by_hand")
    assert [finding.rule for finding in report.findings] == ["gate.drift.table.extra"]
    assert not is_told("".join(render(report, form) for form in FORMATS) + json.dumps(report.to_dict()) + repr(report))
    port = urlsplit(secretive).port
    for wrong in (
        secretive.replace("secretive:", "nobody_here:"),
        secretive.replace(f":{port}/", ":1/"),
        secretive.replace(f":{port}/", ":notaport/"),
        secretive + "?sslmode=require",
        secretive + "?no_such_parameter=1",
        f"host=127.0.0.1 port={port} password='{SECRET}' user=nobody_here dbname=x",
        f"postgresql://secretive:{SECRET}@127.0.0.1:{port}/x",
        f"postgresql://secretive:12/s3cret@127.0.0.1:{port}/x",
        f"postgresql://secretive:s3cret@w0rd@127.0.0.1:{port}/x",
        f"postgresql://secretive:s3cret#w0rd@127.0.0.1:{port}/x",
        "postgresql://secretive:s3cret",
    ):
        try:
            told = render(harness.gate(wrong, directory=ROOT, server=server, select=["revision"]), "json")
        except harness.HarnessError as error:
            told = f"{error}{error.detail}"
        assert not is_told(told), wrong
    output = capfd.readouterr()
    assert not is_told(caplog.text + output.out + output.err)


def test_where_libpq_looks_is_looked(
    live: ScratchDatabase, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = urlsplit(live.url)
    name = live.name
    (tmp_path / "pgpass").write_text(f"127.0.0.1:{parts.port}:*:postgres:{parts.password}\n")
    (tmp_path / "pgpass").chmod(0o600)
    (tmp_path / "services").write_text(f"[prod]\nhost=127.0.0.1\nport={parts.port}\ndbname={name}\nuser=postgres\n")
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    place = f"127.0.0.1:{parts.port}/{name}"
    credentials = f"postgres:{parts.password}"

    def green(url: str) -> bool:
        report = harness.gate(url, directory=ROOT, server=server, select=["revision"])
        assert [check.outcome for check in report.checks] == ["passed"], report.checks
        return any("nothing is pending" in note for note in report.notes)

    assert green("service=prod")
    assert green("postgresql://?service=prod")
    assert green(f"postgresql://postgres@{place}")
    assert green(f"host=127.0.0.1 port={parts.port} user=postgres dbname={name}")
    assert green(f"postgresql+asyncpg://{credentials}@{place}?ssl=prefer&prepared_statement_cache_size=0")
    assert green(f"postgres://{credentials}@{place}?sslmode=disable&options=-csearch_path%3Dpublic")
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", str(parts.port))
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.setenv("PGDATABASE", name)
    monkeypatch.setenv("PGOPTIONS", "-c search_path=nowhere")
    assert green("postgresql://")
    # TLS is as the caller wants it: this server has none.
    for wanted in ("sslmode=require", "sslmode=verify-full"):
        report = harness.gate(f"postgresql://{credentials}@{place}?{wanted}", directory=ROOT, server=server)
        assert report.exit_code() == 3
        assert re.search("SSL|certificate", report.checks[0].reason or "")


def test_the_live_server_is_no_scratch_server_unless_it_is_named(
    live_server: Server, live: ScratchDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def databases() -> list[Any]:
        with psycopg.connect(live_server.url) as connection:
            return connection.execute("select datname from pg_database where datname like 'harness_%'").fetchall()

    before = databases()
    monkeypatch.setenv("HARNESS_SERVER", live_server.url)
    with pytest.raises(harness.UsageError, match="The scratch server is the server of the live database"):
        harness.gate(live.url, directory=ROOT)
    assert databases() == before
    assert harness.gate(live.url, directory=ROOT, server=live_server.url).exit_code() == 0
    assert databases() == before
