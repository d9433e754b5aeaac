"""A server that dies in mid-run, and a revision that hangs: no verdict, one sentence, in time, and nothing left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from env_files import ASYNC, SYNC, write_project

import harness
from harness.server import Server, open_server
from harness.settings import Settings

SLOW = """op.execute("select pg_sleep(30) where current_database() like 'harness_{place}%'")"""
PLACES = [("upgrade", "deploy"), ("upgrade", "walk"), ("round-trip", "round_trip"), ("offline", "offline")]


class Killer(threading.Thread):
    """Ends the server as soon as a revision sleeps in it, and remembers when that was."""

    WHILE_OTHERS_FINISH = 0.5

    def __init__(self, server: Server, kill: Callable[[int], None]) -> None:
        super().__init__()
        self._server = server
        self._kill = kill
        self.at = float("inf")

    def run(self) -> None:
        with psycopg.connect(self._server.url, autocommit=True) as connection:
            query = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
            deadline = time.monotonic() + 60
            while connection.execute(query).fetchone() == (0,) and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(self.WHILE_OTHERS_FINISH)
            row = connection.execute("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int").fetchone()
        assert row is not None
        self.at = time.monotonic()
        self._kill(row[0])


def verdict(report: harness.Report, name: str) -> str:
    """The one reason for which there is no verdict."""
    assert report.exit_code() == 3
    assert report.findings == ()
    (reason,) = [check.reason for check in report.checks if check.name == name]
    assert {check.outcome for check in report.checks if check.name == name} == {"error"}
    return reason or ""


def dies(server: Server, directory: Path, check: str, place: str, kill: Callable[[int], None], env_py: str) -> None:
    url = "postgresql+asyncpg://app:secret@192.0.2.1/live" if env_py == ASYNC else "postgresql+psycopg://192.0.2.1/live"
    revisions = (("first", "pass", "pass"), ("slow", SLOW.format(place=place), "pass"))
    project = write_project(directory, server, env_py, url=url, revisions=revisions)
    killer = Killer(server, kill)
    killer.start()
    report = project.check(check)
    took = time.monotonic() - killer.at
    killer.join()
    reason = verdict(report, check)
    said = (
        "The server ended the session" if place == "offline" else "PostgreSQL ended during the upgrade of revision slow"
    )
    assert reason.startswith(said)
    assert 0 < took < 5
    assert all("could not be dropped" in note for note in report.notes)
    # What went with the server that harness had started is nobody's business.
    assert any("by hand" in note for note in report.notes) == (bool(report.notes) and server.kind == "url")


@pytest.mark.parametrize("env_py", [SYNC, ASYNC], ids=["sync", "async"])
@pytest.mark.parametrize(("check", "place"), PLACES, ids=[place for _, place in PLACES])
def test_an_embedded_server_is_killed(tmp_path: Path, check: str, place: str, env_py: str) -> None:
    with open_server(Settings(server="embedded")) as server:
        dies(server, tmp_path, check, place, lambda pid: os.kill(pid, signal.SIGKILL), env_py)


@pytest.mark.docker
@pytest.mark.parametrize(("check", "place"), PLACES[1:3], ids=[place for _, place in PLACES[1:3]])
def test_a_container_is_killed(tmp_path: Path, check: str, place: str) -> None:
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no container engine answers")
    with open_server(Settings(server="docker")) as server:
        port = urlsplit(server.url).port
        ids = subprocess.run(
            ["docker", "ps", "-q", "--filter", f"publish={port}"], capture_output=True, text=True, check=True
        )
        container = ids.stdout.strip()

        def kill(_pid: int) -> None:
            subprocess.run(["docker", "kill", container], capture_output=True, check=True)

        dies(server, tmp_path, check, place, kill, SYNC)


def test_a_session_that_is_thrown_out_is_no_fault_of_the_revision(tmp_path: Path, server: Server) -> None:
    """An operator ends it, or the server restarts after a crash: it answers again, and no revision did wrong."""
    up = "op.execute(\"select pg_terminate_backend(pg_backend_pid()) where current_database() like 'harness_walk%'\")"
    project = write_project(tmp_path, server, revisions=(("first", "pass", "pass"), ("victim", up, "pass")))
    reason = verdict(project.check("upgrade"), "upgrade")
    assert reason.startswith("PostgreSQL ended the session during the upgrade of revision victim")


def ours(server: Server) -> tuple[set[str], set[str]]:
    """The databases that harness has made on a server, and what their sessions do."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        names = connection.execute("select datname from pg_database where datname like 'harness_%'").fetchall()
        doing = connection.execute(
            "select datname || ': ' || query from pg_stat_activity where datname like 'harness_%'"
        ).fetchall()
    return {name for (name,) in names}, {text for (text,) in doing}


@pytest.fixture
def scratch_free(server: Server) -> Iterator[None]:
    """Afterwards no database and no session of ours may be left on the server, but for those of other tests."""
    databases, sessions = ours(server)
    yield
    left, still = ours(server)
    assert (left - databases, still - sessions) == (set(), set())


# A second session of env.py's own keeps the lock, as a forgotten ORM session does.
LOCKS = (
    "other = sa.create_engine('postgresql+psycopg://').connect(); "
    "other.execute(sa.text(\"lock table thing\")) if sa.inspect(other).has_table('thing') else None; "
    "op.get_context().kept = other; "
)
ALTER = 'op.execute("alter table thing add column x int")'
DOWN = 'op.execute("alter table thing drop column x")'


@pytest.mark.parametrize(
    ("check", "up", "down", "direction"),
    [
        ("upgrade", LOCKS + ALTER, DOWN, "upgrade"),
        ("round-trip", ALTER, LOCKS + DOWN, "downgrade"),
        ("downgrade", ALTER, LOCKS + DOWN, "downgrade"),
        ("upgrade", 'op.execute("select pg_sleep(60)")', "pass", "upgrade"),
        ("upgrade", SLOW.format(place="walk"), "pass", "upgrade"),
        ("round-trip", "pass", 'op.execute("select pg_sleep(60)")', "downgrade"),
    ],
    ids=["lock-upgrade", "lock-round-trip", "lock-downgrade", "sleep-deploy", "sleep-walk", "sleep-round-trip"],
)
def test_a_revision_that_hangs_is_ended_and_named(
    tmp_path: Path, server: Server, scratch_free: None, check: str, up: str, down: str, direction: str
) -> None:
    table = 'op.create_table("thing", sa.Column("id", sa.Integer))'
    revisions = (("table", table, 'op.drop_table("thing")'), ("stuck", up, down))
    write_project(tmp_path, server, revisions=revisions)
    started = time.monotonic()
    # As on a server that is given by its URL: it is not ours, and what hangs there must not stay.
    report = harness.check(directory=tmp_path, server=server.url, select=[check], timeout=3)
    reason = verdict(report, check)
    assert reason.startswith(f"The {direction} of revision stuck made no progress for 3 seconds and was ended.")
    assert 'timeout = "10min"' in reason
    assert time.monotonic() - started < 25
    assert report.notes == ()
