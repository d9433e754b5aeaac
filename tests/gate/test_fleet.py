"""Many databases in one run: each gets its verdict, none hides another, and those that are alike cost one look."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from live_databases import HEAD, ROOT, upgraded
from psycopg import sql

import harness
from harness.findings import CheckResult, Finding, Report, ServerSummary, UsageError
from harness.gate import fleet_sweep
from harness.gate.fleet_list import read_databases
from harness.report import FORMATS, render
from harness.report.text import summary
from harness.server import ScratchDatabase, Server, open_server
from harness.server.embedded import EmbeddedServer
from harness.server.urls import with_database
from harness.settings import Settings

BEFORE = "90d7ab4c15e3"
DROP_INDEX = "drop index ix_order_item_product_id"
ADD_COLUMN = "alter table product add column added_by_hand text"
LOGGED = re.compile(r"^fleet!(?P<application>[^!]*)!(?P<text>.*?)(?=^fleet!|\Z)", re.MULTILINE | re.DOTALL)
STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*|parse [^:]*): (?P<sql>.*)", re.DOTALL)

Clone = Callable[..., list[str]]


@pytest.fixture(scope="module")
def live_server() -> Iterator[EmbeddedServer]:
    """A server for live databases, which writes down every statement with the application that sent it."""
    with open_server(Settings(server="embedded")) as server:
        assert isinstance(server, EmbeddedServer)
        with psycopg.connect(server.url, autocommit=True) as connection:
            for setting in ("log_line_prefix = 'fleet!%a!'", "log_statement = 'all'"):
                connection.execute(f"alter system set {setting}".encode())
            connection.execute("select pg_reload_conf()")
        yield server


@pytest.fixture(scope="module")
def at_head(live_server: Server) -> Iterator[ScratchDatabase]:
    with upgraded(live_server) as database:
        yield database


@pytest.fixture(scope="module")
def before_head(live_server: Server) -> Iterator[ScratchDatabase]:
    with upgraded(live_server, BEFORE) as database:
        yield database


@pytest.fixture
def clone(live_server: Server) -> Iterator[Clone]:
    """Makes databases like a template, for the length of a test, and gives their URLs."""
    made: list[str] = []

    def make(template: ScratchDatabase, *names: str) -> list[str]:
        with psycopg.connect(live_server.url, autocommit=True) as connection:
            for name in names:
                made.append(name)
                query = sql.SQL("create database {} template {} strategy file_copy")
                connection.execute(query.format(sql.Identifier(name), sql.Identifier(template.name)))
        return [with_database(live_server.url, name) for name in names]

    yield make
    with psycopg.connect(live_server.url, autocommit=True) as connection:
        for name in made:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def change(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def gate(urls: list[str] | str, server: Server, **asked: Any) -> Report:
    return harness.gate(databases=urls, directory=ROOT, server=server, **asked)


def rows(report: Report) -> dict[str, tuple[str, str]]:
    """Outcome and text of each database, by its name."""
    return {result.name.rpartition("/")[2]: (result.outcome, result.reason or "") for result in report.checks}


def told(report: Report) -> list[tuple[str, str, str]]:
    return [(str(one.database).rpartition("/")[2], one.rule, str(one.object)) for one in report.findings]


def test_two_hundred_tenants_of_which_three_are_drifted(at_head: ScratchDatabase, clone: Clone, server: Server) -> None:
    urls = clone(at_head, *(f"tenant_{number:03}" for number in range(200)))
    change(urls[7], DROP_INDEX)
    change(urls[61], ADD_COLUMN)
    change(urls[199], ADD_COLUMN)
    report = gate(urls, server)
    assert report.exit_code() == 1
    assert re.fullmatch(r"Failed: 3 of 200 databases \(.*tenant_007, .*tenant_199\), with 3 errors\.", summary(report))
    assert told(report) == [
        ("tenant_007", "gate.drift.index.missing", "public.order_item.ix_order_item_product_id"),
        ("tenant_061", "gate.drift.column.extra", "public.product.added_by_hand"),
        ("tenant_199", "gate.drift.column.extra", "public.product.added_by_hand"),
    ]
    assert len(report.checks) == 200
    assert [number for number, result in enumerate(report.checks) if result.outcome != "passed"] == [7, 61, 199]
    assert rows(report)["tenant_000"] == ("passed", f"at {HEAD}, nothing pending, no finding")
    assert rows(report)["tenant_007"] == ("failed", f"at {HEAD}, nothing pending, 1 finding")
    # Judged in full: one that is as it should be, and one of each kind that is not.
    assert sum(result.seconds > 0 for result in report.checks) == 3


def test_the_verdicts_are_those_that_each_gets_by_itself(
    at_head: ScratchDatabase, before_head: ScratchDatabase, clone: Clone, server: Server
) -> None:
    urls = [
        *clone(at_head, "sound", "drifted", "astray", "astray_too"),
        *clone(before_head, "behind", "behind_drifted"),
    ]
    change(urls[1], f"{DROP_INDEX}; comment on table product is 'x'")
    for url in urls[2:4]:
        change(url, "update alembic_version set version_num = 'abc123'")
    change(urls[5], ADD_COLUMN)
    many = gate(urls, server)
    singles = {url: harness.gate(url, directory=ROOT, server=server) for url in urls}
    for url, result in zip(urls, many.checks, strict=True):
        single = singles[url]
        assert result.outcome == single.outcome, url
        mine = [one for one in many.findings if one.database == result.name]
        theirs = [one for one in single.findings if one.rule != "gate.pending"]
        assert [replace(one, database=None) for one in mine] == theirs
    assert rows(many)["behind"] == ("passed", f"at {BEFORE}, 1 pending, no finding")
    # What is pending is the same for all who stand there: told once.
    assert [one.database for one in many.findings if one.rule == "gate.pending"] == [None]
    assert many.exit_code() == 1


def test_a_broken_database_hides_no_other(at_head: ScratchDatabase, clone: Clone, server: Server) -> None:
    sound, drifted, empty = clone(at_head, "sound", "drifted", "emptied")
    change(drifted, DROP_INDEX)
    change(empty, "drop schema public cascade; create schema public")
    nowhere = "postgresql://nobody:tell-nobody@127.0.0.1:1/gone"
    denied = re.sub(r"//[^@]*@", "//postgres:tell-nobody@", sound).replace("/sound", "/postgres")
    missing = with_database(sound, "never_was")
    report = gate([nowhere, sound, missing, denied, drifted, empty], server)
    assert report.exit_code() == 3
    told_rows = rows(report)
    assert [told_rows[name][0] for name in ("gone", "sound", "never_was", "postgres", "drifted", "emptied")] == [
        *("error", "passed", "error", "error", "failed", "passed"),
    ]
    assert "cannot be reached" in told_rows["gone"][1]
    assert 'database "never_was" does not exist' in told_rows["never_was"][1]
    assert "password authentication failed" in told_rows["postgres"][1]
    assert re.match(r"at the base of the history, \d+ pending, 1 finding", told_rows["emptied"][1])
    for name in FORMATS:
        text = render(report, name)
        assert "tell-nobody" not in text, name
        assert "drifted" in text, name


def test_one_that_goes_away_after_the_look_does_not_speak_for_its_like(
    at_head: ScratchDatabase, clone: Clone, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = clone(at_head, "first", "second", "third")
    look = fleet_sweep.sweep

    def and_drop(*arguments: Any, **more: Any) -> Any:
        seen = look(*arguments, **more)
        change(urls[1], 'drop database "first" with (force)')
        return seen

    monkeypatch.setattr("harness.gate.fleet_run.sweep", and_drop)
    report = gate(urls, server)
    assert [result.outcome for result in report.checks] == ["error", "passed", "passed"]


def test_what_cannot_be_looked_at_briefly_is_judged_all_the_same(
    at_head: ScratchDatabase, clone: Clone, server: Server
) -> None:
    plain, drifted = clone(at_head, "plain", "drifted")
    change(drifted, DROP_INDEX)
    # asyncpg does not know these; a shorter look that takes another way in than libpq would is none.
    odd = [f"{url}?options=-c%20work_mem%3D64kB&require_auth=scram-sha-256" for url in (plain, drifted)]
    report = gate(odd, server)
    assert [result.outcome for result in report.checks] == ["passed", "failed"]
    assert all(result.seconds > 0 for result in report.checks)


def test_a_call_that_is_wrong_for_each_is_a_wrong_call(
    live_server: Server, at_head: ScratchDatabase, clone: Clone, server: Server
) -> None:
    urls = clone(at_head, "one", "two")
    with pytest.raises(UsageError, match="the history has no such revision"):
        gate(urls, server, target="nonsense")
    with pytest.raises(UsageError, match="The scratch server is the server of the live database"):
        gate(urls, live_server, server_is_named=False)
    # One of them is enough, also if it is like another: nothing may be made on a live server that was not named.
    with upgraded(server) as elsewhere:
        with pytest.raises(UsageError, match=f"The scratch server is the server of .*{elsewhere.name}"):
            gate([urls[0], elsewhere.url], server, server_is_named=False)
        report = gate([urls[0], elsewhere.url], server)
    assert [(result.outcome, result.seconds > 0) for result in report.checks] == [("passed", True)] * 2


def test_nothing_but_reads_is_sent_and_always_as_many(
    live_server: EmbeddedServer, at_head: ScratchDatabase, clone: Clone, server: Server
) -> None:
    def sent(url: str) -> list[str]:
        since = live_server.log.stat().st_size
        gate([url], server, select=["revision"])
        with live_server.log.open("rb") as log:
            log.seek(since)
            entries = [
                entry for entry in LOGGED.finditer(log.read().decode()) if entry["application"] == "harness gate"
            ]
        # The look at it; what the judge sends to it afterwards is another session's, and the room's own tests see it.
        found = [match["sql"].strip() for entry in entries if (match := STATEMENT.search(entry["text"]))]
        return found[: found.index("rollback") + 1]

    small, large = clone(at_head, "small", "large")
    change(large, "".join(f"create table t{number} (id int primary key, other int);" for number in range(300)))
    statements = sent(small)
    assert len(statements) == len(sent(large)) < 12
    assert statements[0] == "begin isolation level repeatable read, read only"
    assert "pg_catalog.set_config" in statements[1]
    assert [text for text in statements[1:-1] if not re.match(r"(?:--[^\n]*\n\s*)*(?:select|with)\b", text)] == []
    bare = [re.sub(r"--[^\n]*|'[^']*'", "", text) for text in statements]
    assert [text for text in bare if re.search(r"\b(?:insert|update|delete|create|alter|drop|lock)\s", text)] == []


def test_a_baseline_knows_each_database_by_itself(
    at_head: ScratchDatabase, before_head: ScratchDatabase, clone: Clone, server: Server, tmp_path: Path
) -> None:
    urls = [*clone(at_head, "first"), *clone(before_head, "second")]
    change(urls[0], DROP_INDEX)
    file = str(tmp_path / "known.json")
    assert gate(urls, server, write_baseline=file).exit_code() == 0
    (entry,) = json.loads(Path(file).read_text())["findings"]
    assert entry["database"].endswith("/first")
    # It is known again when its password comes from elsewhere.
    assert entry["database"].startswith("postgresql://postgres@")
    change(urls[1], DROP_INDEX)
    report = gate(urls, server, baseline=file)
    # What is pending is not known, nor ever gone.
    assert [one.rule for one in report.findings] == ["gate.pending", "gate.drift.index.missing"]
    assert [result.outcome for result in report.checks] == ["passed", "failed"]
    assert [one.database for one in report.known] == [report.checks[0].name]
    # A database that is not on the list says nothing of its entries; one that was repaired does.
    assert not any("can be taken out" in note for note in gate(urls[1:], server, baseline=file).notes)
    change(urls[0], "create index ix_order_item_product_id on order_item (product_id)")
    assert any("1 entry of" in note for note in gate(urls, server, baseline=file).notes)
    gone = [urls[0], with_database(urls[0], "never_was")]
    before_it = Path(file).read_text()
    assert gate(gone, server, write_baseline=file).exit_code() == 3
    assert Path(file).read_text() == before_it


def test_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGUSER", "PGHOST", "PGPORT", "PGDATABASE"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "databases.txt"
    file.write_text(
        "# the tenants\n\npostgresql://app:secret%23@db/one   # the oldest\n"
        "postgresql+asyncpg://db:5433/two?ssl=require\n  host=db dbname=three\n"
    )
    assert [address.name for address in read_databases(str(file))] == [
        "postgresql://app:***@db/one",
        "postgresql://db:5433/two",
        "postgresql://db/three",
    ]
    assert len(read_databases(["postgresql://db/one", "postgresql://db:5433/one"])) == 2
    # Without a name it is the database that is called as the user.
    assert len(read_databases(["postgresql://one@db", "postgresql://two@db"])) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# nothing\n\n", "There is no database in "),
        ("postgresql://db/one\nmysql://u:hush@db/two\n", "Line 2 of "),
        ("postgresql://db/one\nhush\n", "Line 2 of "),
        ("postgresql://db/one\n#\npostgresql://u:hush@db:5432/one\n", "Lines 1 and 3 of "),
    ],
)
def test_a_list_that_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "databases.txt"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_databases(str(file))
    assert says in str(caught.value)
    assert "hush" not in str(caught.value)


def test_the_command(
    at_head: ScratchDatabase, clone: Clone, server: Server, live_server: Server, tmp_path: Path
) -> None:
    urls = clone(at_head, "sound", "drifted")
    change(urls[1], ADD_COLUMN)

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "harness", "gate", *arguments, "--server", server.url, "--jobs", "2"],
            cwd=ROOT,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    file = tmp_path / "databases.txt"
    file.write_text("\n".join(urls))
    done = run("--databases", str(file), "--format", "json", "--output", str(tmp_path / "report.json"))
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[1].startswith("  ✓ postgresql://postgres@127.0.0.1:")
    assert lines[2].startswith("  ✗ postgresql://postgres@127.0.0.1:")
    assert lines[2].endswith("1 finding")
    # No progress bar in a log, and no password anywhere.
    assert "\r" not in done.stdout
    assert "\x1b" not in done.stdout
    report = (tmp_path / "report.json").read_text()
    password = psycopg.conninfo.conninfo_to_dict(live_server.url)["password"]
    assert str(password) not in done.stdout + report
    assert [one["database"].rpartition("/")[2] for one in json.loads(report)["findings"]] == ["drifted"]
    assert run("--databases", "-", stdin=urls[0]).returncode == 0
    assert run("--databases", str(tmp_path / "missing.txt")).returncode == 2
    both = run(urls[0], "--databases", str(file))
    assert (both.returncode, both.stdout) == (2, "")
    assert run("--databases", "-", "--schemas", "x").returncode == 2
    assert run().returncode == 2
    assert "is not a number of 1 or more" in run("--databases", "-", "--jobs", "0").stderr


def test_without_asyncpg_it_says_what_to_install(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'alembic-harness\[gate\]'"):
        gate(["postgresql://db/one"], server)


class Watcher:
    """Remembers what a terminal would be told."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int, int, str]] = []
        self.finished: list[str] = []

    def server_ready(self, server: ServerSummary) -> None: ...

    def check_started(self, name: str) -> None:
        self.steps.append((name, 0, 0, ""))

    def step(self, name: str, done: int, total: int, text: str) -> None:
        self.steps.append((name, done, total, text))

    def check_finished(self, result: CheckResult, findings: list[Finding]) -> None:
        self.finished.append(result.name.rpartition("/")[2])


def test_progress_is_told_and_a_caller_may_have_a_loop_of_its_own(
    at_head: ScratchDatabase, clone: Clone, server: Server
) -> None:
    import asyncio

    urls = clone(at_head, "one", "two", "three")
    watcher = Watcher()

    async def within_a_loop() -> Report:
        return gate(urls, server, progress=watcher)

    assert asyncio.run(within_a_loop()).exit_code() == 0
    assert watcher.finished == ["one", "two", "three"]
    assert watcher.steps[0][0] == "databases"
    looked = [done for _, done, total, text in watcher.steps if text == "looked at" and total == 3]
    judged = [done for _, done, total, text in watcher.steps if text == "judged" and total == 3]
    assert looked == [1, 2, 3]
    assert judged == [3]


def test_a_silent_server_holds_nobody_for_longer_than_the_timeout(
    at_head: ScratchDatabase, clone: Clone, server: Server
) -> None:
    import socket

    (sound,) = clone(at_head, "sound")
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        started = time.monotonic()
        report = gate([f"postgresql://app@127.0.0.1:{port}/deaf?connect_timeout=3", sound], server)
        assert time.monotonic() - started < 60
    assert [result.outcome for result in report.checks] == ["error", "passed"]
