"""The embedded server: a PostgreSQL of our own, run from binaries, gone when we are."""

from __future__ import annotations

import json
import os
import secrets
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from harness.findings import VerdictError
from harness.server.base import Server
from harness.server.binaries import MEMORY, find_installation, workplaces
from harness.server.urls import build_url

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_START_SECONDS = 120.0
_STOP_SECONDS = 15.0


class EmbeddedServer(Server):
    """A server that listens on 127.0.0.1 alone and lives as long as this process, or until it is closed.

    Attributes:
        log: the file that holds the server's log, for as long as the server lives.

    Raises:
        VerdictError: there are no binaries for it, or it does not start; the server's log is the detail.
    """

    kind = "embedded"

    def __init__(self, why: str) -> None:
        installation = find_installation()
        account = installation.account
        places = workplaces(account, executable=installation.copied)
        password = secrets.token_urlsafe(18)
        order = {
            "owner": os.getpid(),
            "workplace": places[0],
            # Memory is swept even when it is too full to be used: that may be why it is.
            "sweep": list(dict.fromkeys([*places, MEMORY])),
            "programs": str(installation.directory),
            "copied": installation.copied,
            "major": installation.major,
            "uid": account.uid if account else None,
            "gid": account.gid if account else None,
            "password": password,
        }
        # Standard input is the lifeline: whatever becomes of us, the kernel closes it, and the supervisor cleans up. So
        # an interrupt between two of these lines leaves nothing behind either.
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", _SUPERVISOR],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
            cwd="/",
        )
        try:
            assert self._supervisor.stdin is not None
            self._supervisor.stdin.write((json.dumps(order) + "\n").encode())
            answer = self._answer()
            self.log = Path(answer["log"])
            super().__init__(build_url(answer["user"], password, "127.0.0.1", answer["port"], "postgres"), why)
        except BaseException:
            self._stop()
            raise

    def _release(self) -> None:
        # The databases go with the server.
        self._stop()

    def _stop(self) -> None:
        supervisor = self._supervisor
        for pipe in (supervisor.stdin, supervisor.stdout):
            if pipe is not None:
                pipe.close()
        try:
            supervisor.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            supervisor.kill()
            supervisor.wait()

    def _answer(self) -> dict[str, Any]:
        """The line that the supervisor writes when the server is ready, or has failed."""
        assert self._supervisor.stdout is not None
        descriptor = self._supervisor.stdout.fileno()
        deadline = time.monotonic() + _START_SECONDS
        text = b""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise VerdictError(f"The embedded PostgreSQL did not start within {_START_SECONDS:.0f} seconds.")
            if not select.select([descriptor], [], [], left)[0]:
                continue
            chunk = os.read(descriptor, 65536)
            text += chunk
            if chunk and not text.endswith(b"\n"):
                continue
            answer = _read_answer(text)
            if answer is not None and "error" not in answer:
                return answer
            if answer is not None:
                raise VerdictError(
                    f"The embedded PostgreSQL could not be started: {answer['error']}.",
                    "Its log is below; --server docker or a URL are the alternatives.",
                    answer["log"],
                )
            if not chunk:
                raise VerdictError(
                    "The supervisor of the embedded PostgreSQL ended without an answer.",
                    "What it said is below.",
                    text.decode(errors="replace"),
                )


def _read_answer(text: bytes) -> dict[str, Any] | None:
    """The answer in what the supervisor has written, past anything that Python itself had to say."""
    for line in text.splitlines():
        if line.startswith(b"{"):
            answer: dict[str, Any] = json.loads(line)
            return answer
    return None
