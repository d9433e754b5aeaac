"""Live databases that fail the gate: it ends within its timeouts, with one sentence that says what to do, or is right
all the same; and it leaves nothing behind, on either server.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from histories import sql, write_history, write_revision
from live_databases import HEAD, ROOT, grounded, upgraded
from wire import wire_to

import harness
from harness.comparison import session
from harness.comparison.address import read_address
from harness.gate.judge import Asked, Judge
from harness.server import ScratchDatabase, Server, open_server
from harness.server.binaries import find_installation, identity, workplaces
from harness.server.supervisor import free_port
from harness.server.urls import build_url, with_database
from harness.settings import Settings


@pytest.fixture(scope="module")
def live_server() -> Iterator[Server]:
    with open_server(Settings(server="embedded")) as server:
        yield server


@pytest.fixture(scope="module")
def live(live_server: Server) -> Iterator[ScratchDatabase]:
    with upgraded(live_server) as database:
        yield database


@pytest.fixture(autouse=True)
def _nothing_is_left(live_server: Server, live: ScratchDatabase, server: Server) -> Iterator[None]:
    before = left_on(live_server), left_on(server)
    yield
    # A session outlives its client by a moment, or until the server notices that it has lost it.
    deadline = time.monotonic() + 15
    while (left_on(live_server), left_on(server)) != before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (left_on(live_server), left_on(server)) == before


def left_on(server: Server) -> list[Any]:
    query = (
        "select datname::text from pg_database union all select rolname::text from pg_roles union all"
        " select 'session of ' || application_name from pg_stat_activity where application_name like 'harness gate%'"
        " order by 1"
    )
    with psycopg.connect(server.url, autocommit=True) as connection:
        return connection.execute(query).fetchall()


def verdict(url: str, server: Server, seconds: float, **settings: Any) -> harness.Report:
    started = time.monotonic()
    report = harness.gate(url, directory=ROOT, server=server, **settings)
    assert time.monotonic() - started < seconds
    return report


def reason(report: harness.Report) -> str:
    """Why there is no verdict: the first part says it, the others that it is the same."""
    assert report.exit_code() == 3
    assert {check.outcome for check in report.checks} == {"error"}
    assert {check.reason for check in report.checks[1:]} <= {"the same as gate.revision"}
    text = report.checks[0].reason or ""
    assert "Traceback" not in text
    assert len(text) < 500
    return text


def test_nobody_answers(live: ScratchDatabase, server: Server) -> None:
    told = reason(verdict("postgresql://app:x@127.0.0.1:1/shop", server, 10))
    assert told.startswith("The database postgresql://app:***@127.0.0.1:1/shop cannot be reached: ")
    assert "Check that it runs, and its host, port, user, password and name." in told


def test_a_host_that_swallows_everything(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CONNECT_SECONDS", 2)
    # A port that accepts connections, and behind which nobody says a word.
    with wire_to("postgresql://127.0.0.1:1/x") as wire:
        wire._target = wire._listener.getsockname()
        told = reason(verdict(f"postgresql://app@127.0.0.1:{wire.port}/shop", server, 12))
    assert "cannot be reached" in told


def test_a_wrong_password(live: ScratchDatabase, server: Server) -> None:
    url = live.url.replace(f":{urlsplit(live.url).password}@", ":wrong@")
    told = reason(verdict(url, server, 10))
    assert 'password authentication failed for user "postgres"' in told


def test_a_database_that_is_not_there(live: ScratchDatabase, server: Server) -> None:
    told = reason(verdict(live.url.replace(live.name, "no_such_database"), server, 10))
    assert '"no_such_database" does not exist' in told


@pytest.mark.parametrize("limit", [1_000, 6_000, 20_000])
def test_a_server_that_is_killed_in_mid_read(limit: int, live: ScratchDatabase, server: Server) -> None:
    with wire_to(live.url) as wire:
        wire.limit = limit
        told = reason(verdict(wire.url(live.url), server, 10))
    assert "Try it again" in told or "Check that it runs" in told


def test_a_backend_that_is_terminated_in_mid_read(live: ScratchDatabase, server: Server) -> None:
    query = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name = 'harness gate' and wait_event_type = 'Lock'"
    )
    with live.connect() as other, other.transaction(force_rollback=True), live.connect() as administrator:
        # The reader waits for this lock, and is thrown out while it does.
        other.execute("lock table app_user in access exclusive mode")
        done = threading.Event()

        def terminate() -> None:
            while not done.is_set() and not administrator.execute(query).fetchall():
                time.sleep(0.02)

        thread = threading.Thread(target=terminate)
        thread.start()
        try:
            told = reason(verdict(live.url, server, 10))
        finally:
            done.set()
            thread.join()
    assert "terminating connection due to administrator command" in told
    assert "Try it again; nothing was changed." in told


def test_a_server_that_falls_silent(live: ScratchDatabase, server: Server) -> None:
    with wire_to(live.url) as wire, grounded(server) as ground:
        wire.limit, wire.silent = 20_000, True
        _ = ground.configured
        started = time.monotonic()
        with pytest.raises(harness.VerdictError, match=r"did not answer for 7 seconds\. Look whether its server"):
            _ = Judge(ground, read_address(wire.url(live.url)), Asked(("revision",), timeout=2.0)).live
        assert 6 < time.monotonic() - started < 12


def test_a_table_that_somebody_else_locks(live: ScratchDatabase, server: Server) -> None:
    with live.connect() as other, other.transaction(force_rollback=True):
        other.execute("lock table customer_order in access exclusive mode")
        pid = other.info.backend_pid
        told = reason(verdict(live.url, server, 15))
    assert "waited 5 seconds for a lock" in told
    assert f"exclusively locked: public.customer_order (session {pid})" in told
    assert "Try again when the session that holds it is done; nothing was changed." in told
    assert verdict(live.url, server, 20).exit_code() == 0


def test_a_lock_that_does_not_matter(live: ScratchDatabase, server: Server) -> None:
    # What a running application holds: row locks, and every mode up to the one of a rewrite.
    with live.connect() as other, other.transaction(force_rollback=True):
        other.execute("lock table customer_order in exclusive mode")
        assert verdict(live.url, server, 20).exit_code() == 0


def test_a_replica_in_recovery(live_server: Server, live: ScratchDatabase, server: Server) -> None:
    with live.connect() as connection:
        connection.execute("create index by_hand on shipment (carrier)")
    try:
        with replica(live_server) as url:
            report = verdict(with_database(url, live.name), server, 20)
    finally:
        with live.connect() as connection:
            connection.execute("drop index by_hand")
    assert [finding.rule for finding in report.findings] == ["gate.drift.index.extra"]
    assert any("read-only replica" in note for note in report.notes)
    assert any(f"stands at {HEAD}" in note for note in report.notes)


def test_the_primary_of_a_replica_is_no_scratch_server(live_server: Server, live: ScratchDatabase) -> None:
    with replica(live_server) as url, pytest.raises(harness.UsageError, match="or its standby"):
        harness.gate(with_database(url, live.name), directory=ROOT, server=live_server, server_is_named=False)


def test_a_scratch_server_that_dies(live_server: Server, tmp_path: Path) -> None:
    project = write_history(tmp_path, {"first": (None, sql("create table person (id int)"))})
    with upgraded(live_server, "first", project) as judged, open_server(Settings(server="embedded")) as scratch:
        write_revision(tmp_path, "second", "first", sql("select pg_sleep(30)"))
        killer = threading.Thread(target=kill_when_it_sleeps, args=(scratch,))
        killer.start()
        report = harness.gate(judged.url, directory=tmp_path, server=scratch)
        killer.join()
    rehearsed = report.checks[-1]
    assert (report.exit_code(), rehearsed.name, rehearsed.outcome) == (3, "gate.rehearsal", "error")
    # The deploy is not to blame.
    assert "gate.rehearsal-failed" not in {finding.rule for finding in report.findings}
    assert "run it again, or use another --server" in (rehearsed.reason or "")
    assert any("could not be dropped" in note for note in report.notes)


def kill_when_it_sleeps(server: Server) -> None:
    """End the server's postmaster hard as soon as a revision sleeps in it."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        query = "select count(*) from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'"
        while connection.execute(query).fetchone() == (0,):
            time.sleep(0.02)
        row = connection.execute("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int").fetchone()
    assert row is not None
    os.kill(row[0], signal.SIGQUIT)


def test_an_interrupt_leaves_nothing(live: ScratchDatabase, server: Server) -> None:
    command = [sys.executable, "-m", "harness", "gate", live.url, "--server", server.url]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HARNESS_", "PYTEST_", "PG"))}
    with live.connect() as other, other.transaction(force_rollback=True), live.connect() as third:
        # It waits for this lock when it is interrupted.
        other.execute("lock table app_user in access exclusive mode")
        process = subprocess.Popen(
            command, cwd=ROOT, env=kept, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        query = (
            "select count(*) from pg_stat_activity where application_name = 'harness gate' and wait_event_type = 'Lock'"
        )
        while third.execute(query).fetchone() == (0,):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (130, "Interrupted.\n")


@contextlib.contextmanager
def replica(primary: Server) -> Iterator[str]:
    """A hot standby of a server; gives its maintenance URL."""
    installation = find_installation()
    account = installation.account
    parts = urlsplit(primary.url)
    password, port = unquote(parts.password or ""), free_port()
    base = Path(tempfile.mkdtemp(dir=workplaces(account, executable=False)[0]))
    if account is not None:
        os.chown(base, account.uid, account.gid)
    log = (base / "log").open("wb")
    common: dict[str, Any] = {"stdout": log, "stderr": log, "cwd": "/", **identity(account)}
    common["env"] = {"LC_ALL": "C", "PGPASSWORD": password}
    standby = None
    try:
        place = ["-h", "127.0.0.1", "-p", str(parts.port), "-U", "postgres"]
        options = ["-D", base / "data", "-R", "-X", "stream", "--no-sync", "--checkpoint=fast"]
        subprocess.run([installation.directory / "pg_basebackup", *place, *options], check=True, **common)
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "dynamic_shared_memory_type=mmap"]
        flags = [part for setting in settings for part in ("-c", setting)]
        standby = subprocess.Popen(
            [installation.directory / "postgres", "-D", base / "data", "-p", str(port), *flags], **common
        )
        url = build_url("postgres", password, "127.0.0.1", port, "postgres")
        deadline = time.monotonic() + 30
        while not answers(url):
            assert time.monotonic() < deadline, (base / "log").read_text()
            time.sleep(0.1)
        yield url
    finally:
        if standby is not None:
            standby.send_signal(signal.SIGQUIT)
            standby.wait(20)
        log.close()
        shutil.rmtree(base)


def answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True
