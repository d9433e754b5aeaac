"""What a command costs: its wall time, its CPU seconds and those that it makes the server spend.

The client's are those of the process and of all that it starts, whoever waits for them; the server's those of every
process of PostgreSQL, the ended ones too. Both are read from Linux's accounts, so the server must run on this machine.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg

from harness.server import Server

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_SETTLE_SECONDS = 20.0
_OUTPUT_SHOWN = 6000
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Seconds that a command took, its exit code, and the end of what it printed; the code is None if it was ended
    because its time was up.
    """

    wall: float
    client: float
    server: float
    code: int | None
    output: str

    @property
    def cpu(self) -> float:
        """CPU seconds of client and server together."""
        return self.client + self.server


class Meter:
    """Runs commands and says what each cost. Nothing else may use the server meanwhile."""

    def __init__(self, server: Server) -> None:
        self._postmaster = _postmaster(server)
        # What a command leaves to itself becomes our child when the command ends, and its seconds are counted too.
        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")

    def run(self, command: list[str], directory: Path, variables: dict[str, str], limit: float | None = None) -> Cost:
        """Run a command to its end, or until `limit` seconds are over."""
        others = set(_children(os.getpid()))
        sessions = len(_children(self._postmaster))
        client, server, started = _client_seconds(), self._server_seconds(), time.perf_counter()
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                command,
                cwd=directory,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            finished = True
            try:
                process.wait(limit)
            except subprocess.TimeoutExpired:
                finished = False
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            wall = time.perf_counter() - started
            _wait_for_all_but(others)
            self._wait_for_sessions(sessions)
            return Cost(
                wall,
                _client_seconds() - client,
                self._server_seconds() - server,
                process.returncode if finished else None,
                _end_of(output),
            )

    def _server_seconds(self) -> float:
        # The postmaster waits for its children, so its account has those that have ended.
        ended = _seconds(self._postmaster, with_children=True)
        return ended + sum(_seconds(child) for child in _children(self._postmaster))

    def _wait_for_sessions(self, wanted: int) -> None:
        deadline = time.monotonic() + _SETTLE_SECONDS
        while len(_children(self._postmaster)) > wanted:
            if time.monotonic() > deadline:
                raise SystemExit("A session on the server outlived the command that began it.")
            time.sleep(0.01)


def _postmaster(server: Server) -> int:
    """The process that the server's sessions are children of.

    Raises:
        SystemExit: it does not run on this machine, or not in sight.
    """
    with psycopg.connect(server.url) as connection:
        row = connection.execute("select pg_catalog.pg_backend_pid()").fetchone()
        assert row is not None
        stat = Path(f"/proc/{row[0]}/stat")
        if not stat.exists() or "postgres" not in stat.read_text():
            raise SystemExit("The server's processes are not in sight: use one that runs on this machine, on Linux.")
        return int(_fields(row[0])[1])


def _fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the process's name, which may hold blanks; the first is field 3, the state."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _seconds(pid: int, *, with_children: bool = False) -> float:
    try:
        fields = _fields(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it has just ended; its parent's account has it now
    return sum(int(ticks) for ticks in fields[11 : 15 if with_children else 13]) / _TICKS


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _client_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wait_for_all_but(others: set[int]) -> None:
    """Wait for what the command left running."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while left := set(_children(os.getpid())) - others:
        for pid in left:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.01)


def _end_of(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _OUTPUT_SHOWN))
    return output.read().decode(errors="replace")
