"""Real servers, and owners that can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.server import Server, open_server
from harness.settings import Settings

_PATIENCE_SECONDS = 20.0


class Owner:
    """A process of its own that opens a server, says what it has in one line of JSON, and then does nothing."""

    def __init__(self, body: str, **popen: Any) -> None:
        code = f"import json, os, signal, sys, time\ndef say(**facts): print(json.dumps(facts), flush=True)\n{body}\n"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen
        )

    def facts(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        facts: dict[str, Any] = json.loads(line)
        return facts

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Send it a signal, wait for its end, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(_PATIENCE_SECONDS)


@pytest.fixture
def owner() -> Iterator[Callable[..., Owner]]:
    owners: list[Owner] = []

    def start(body: str, **popen: Any) -> Owner:
        owners.append(Owner(body, **popen))
        return owners[-1]

    yield start
    for item in owners:
        item.process.kill()
        item.process.communicate()


@pytest.fixture(scope="session")
def embedded() -> Iterator[Server]:
    with open_server(Settings(server="embedded")) as server:
        yield server


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until a condition holds; fail when it does not within a while."""

    def wait(condition: Callable[[], bool], seconds: float = _PATIENCE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it has not come about"
            time.sleep(0.02)

    return wait


@pytest.fixture
def is_gone() -> Callable[[int], bool]:
    """Whether a process has ended; one that nobody has waited for counts as ended."""

    def look(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if not Path("/proc/self/stat").exists():
            return False
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return True
        return status.rpartition(")")[2].split()[0] == "Z"

    return look


@pytest.fixture(scope="session")
def docker_daemon() -> None:
    """Skip where no container engine answers."""
    try:
        done = subprocess.run(["docker", "version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"no container engine: {error}")
    if done.returncode != 0:
        pytest.skip(f"no container engine answers: {done.stderr.strip()}")
