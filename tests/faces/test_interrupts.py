"""Ctrl-C or a kill: whatever ends a pytest run, its server and its interpreters end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tiny_projects import surroundings

SLOW = """
import time
import pytest
from pathlib import Path

@pytest.mark.parametrize("number", range(4))
def test_it(migration_server, migrations, number):
    migrations.upgrade()
    Path("url.tmp").write_text(migration_server.url)
    Path("url.tmp").rename("url.txt")
    time.sleep(60)
"""


def processes_with(mark: str) -> list[str]:
    """The command lines of all living processes that have inherited a variable from the run."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if mark.encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except (OSError, ValueError):
            continue  # not a process, or one that has just ended
    return found


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(("number", "whole_group"), [(signal.SIGINT, True), (signal.SIGKILL, False)])
def test_nothing_outlives_a_pytest_run(
    project: Callable[..., Path], workers: str, number: signal.Signals, whole_group: bool
) -> None:
    root = project(files={"test_slow.py": SLOW})
    mark = f"RUN_MARK={os.urandom(8).hex()}"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", workers, "test_slow.py"]
    variables = surroundings(None, HARNESS_SERVER="embedded", RUN_MARK=mark.partition("=")[2])
    with (root / "output.txt").open("w") as output:
        process = subprocess.Popen(
            command, cwd=root, env=variables, stdout=output, stderr=output, start_new_session=True
        )
    try:
        wait_until((root / "url.txt").exists, 60)
        url = (root / "url.txt").read_text()
        assert answers(url)
        if whole_group:
            os.killpg(process.pid, number)  # what a terminal does on Ctrl-C
        else:
            process.send_signal(number)
        process.wait(30)
        wait_until(lambda: not answers(url) and not processes_with(mark), 15)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert not answers(url)
    assert processes_with(mark) == []


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    """Wait for a condition; what it is good for is asserted by the caller."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)
