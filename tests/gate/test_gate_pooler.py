"""Through PgBouncer in transaction mode: a right verdict, and nothing of ours stays on a connection of the pool."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from live_databases import ROOT, upgraded

import harness
from harness.comparison.address import read_address
from harness.comparison.session import LiveSession
from harness.findings import VerdictError
from harness.server import ScratchDatabase, Server
from harness.server.supervisor import free_port

BOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(BOUNCER is None, reason="there is no pgbouncer here")

# One connection to the server for all: what anybody leaves on it, everybody meets.
CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={port} user=postgres password={password} pool_size=1
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
ignore_startup_parameters = {ignored}
logfile = {folder}/log
pidfile = {folder}/pid
"""


@pytest.fixture(scope="module")
def live(server: Server) -> Iterator[ScratchDatabase]:
    with upgraded(server) as database:
        yield database


@pytest.fixture(
    params=["extra_float_digits", "extra_float_digits, options"], ids=["refuses options", "ignores options"]
)
def pooled(request: pytest.FixtureRequest, live: ScratchDatabase) -> Iterator[str]:
    """The URL of the live database through a pooler."""
    assert BOUNCER is not None
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users
    parts, port = urlsplit(live.url), free_port()
    text = CONFIGURATION.format(
        port=parts.port, password=unquote(parts.password or ""), own_port=port, ignored=request.param, folder=folder
    )
    (folder / "pgbouncer.ini").write_text(text)
    as_whom = {}
    if os.geteuid() == 0:  # it refuses to run as root
        nobody = pwd.getpwnam("nobody")
        as_whom = {"user": nobody.pw_uid, "group": nobody.pw_gid}
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    process = subprocess.Popen(
        [BOUNCER, "-q", folder / "pgbouncer.ini"], stderr=subprocess.DEVNULL, extra_groups=[], **as_whom
    )  # type: ignore[call-overload]  # user and group are numbers
    url = f"postgresql://postgres@127.0.0.1:{port}/{live.name}"
    try:
        deadline = time.monotonic() + 10
        while not answers(url):
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def answers(url: str) -> bool:
    with contextlib.suppress(psycopg.OperationalError):
        psycopg.connect(url).close()
        return True
    return False


def settings_of_the_pool(url: str) -> dict[str, str]:
    names = (
        "default_transaction_read_only",
        "statement_timeout",
        "lock_timeout",
        "idle_in_transaction_session_timeout",
        "search_path",
    )
    with psycopg.connect(url, autocommit=True) as connection:
        rows = [connection.execute(f"show {name}".encode()).fetchone() for name in names]
    return {name: row[0] for name, row in zip(names, rows, strict=True) if row}


def test_a_right_verdict_and_nothing_left_behind(pooled: str, live: ScratchDatabase, server: Server) -> None:
    before = settings_of_the_pool(pooled)
    with live.connect() as connection:
        connection.execute("create index by_hand on shipment (carrier)")
    report = harness.gate(pooled, directory=ROOT, server=server)
    with live.connect() as connection:
        connection.execute("drop index by_hand")
    assert [finding.rule for finding in report.findings] == ["gate.drift.index.extra"]
    assert harness.gate(pooled, directory=ROOT, server=server).exit_code() == 0
    assert settings_of_the_pool(pooled) == before
    # The application goes on to write through the same connection.
    with psycopg.connect(pooled, autocommit=True) as connection:
        connection.execute("create table public.written (id int)")
        connection.execute("drop table public.written")


def test_it_cannot_write_and_has_its_limits(pooled: str) -> None:
    with LiveSession(read_address(pooled), application="harness gate", timeout=1) as session:
        with pytest.raises(VerdictError, match="read-only transaction"), session.reading() as connection:
            connection.execute("create table public.written (id int)")
        with pytest.raises(VerdictError, match="statement timeout"), session.reading() as connection:
            connection.execute("select pg_sleep(20)")


def test_diff_too(pooled: str, live: ScratchDatabase, server: Server) -> None:
    before = settings_of_the_pool(pooled)
    with server.create_database("other") as other:
        assert harness.diff(other.url, pooled).exit_code() == 1
    assert settings_of_the_pool(pooled) == before
