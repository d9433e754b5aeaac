"""A server that dies in mid-run: no verdict, one sentence, at once, and nothing left."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import psycopg
from env_files import write_project

from harness.server import Server, open_server
from harness.settings import Settings


def kill_when_it_sleeps(server: Server) -> None:
    """End the server's postmaster hard as soon as a revision sleeps in it."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        query = "select count(*) from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'"
        while connection.execute(query).fetchone() == (0,):
            time.sleep(0.02)
        row = connection.execute("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int").fetchone()
    assert row is not None
    os.kill(row[0], signal.SIGQUIT)


def test_a_server_that_dies_in_mid_step(tmp_path: Path) -> None:
    with open_server(Settings(server="embedded")) as server:
        project = write_project(tmp_path, server, revisions=(("slow", 'op.execute("select pg_sleep(30)")', "pass"),))
        killer = threading.Thread(target=kill_when_it_sleeps, args=(server,))
        killer.start()
        started = time.monotonic()
        report = project.check("upgrade", "downgrade")
        killer.join()
        assert report.exit_code() == 3
        assert "cannot be read" in (report.checks[0].reason or "")
        assert time.monotonic() - started < 20
        assert any("could not be dropped" in note for note in report.notes)
