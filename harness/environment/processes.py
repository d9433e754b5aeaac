"""Where the processes of environment runs come from: forked by one that is warm, or started anew."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Protocol

_LAUNCHER = Path(__file__).with_name("launcher.py")
_END_SECONDS = 2.0

# Variables that change all the time (pytest's with every phase of a test) and that no interpreter reads when it starts:
# the inside is told of them with everything else.
CHANGING = frozenset({"PYTEST_CURRENT_TEST"})


class Process(Protocol):
    """What is asked of an interpreter's process; `subprocess.Popen` has it."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...


def start(channel: int, lifeline: int, output: int) -> Process:
    """Start the inside in a session of its own.

    Args:
        channel, lifeline, output: descriptors that it is given: its socket, the reading end of the pipe whose end it
            must not survive, and the file that takes what it prints.
    """
    # Frameworks of macOS do not survive a fork.
    if sys.platform == "linux":
        with _lock, contextlib.suppress(OSError):
            return _warm().fork(channel, lifeline, output)
    return subprocess.Popen(
        [sys.executable, str(_LAUNCHER), str(channel), str(lifeline)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        # What C libraries have added behind Python's back (readline adds the size of the terminal) is not the user's.
        env=dict(os.environ),
        pass_fds=(channel, lifeline),
        start_new_session=True,
    )


class _Forked:
    """A grandchild. It tells its process id through a pipe, and the nursery how it ended."""

    def __init__(self, told: int) -> None:
        self.returncode: int | None = None
        self._told = told
        self._orphaned = False
        self._text = b""
        # Two may wait at once: who closes the run, and who was asking it for something.
        self._listening = threading.Lock()

    @property
    def pid(self) -> int:
        while b"\n" not in self._text and self.returncode is None:
            self._listen(None)
        return int(self._text.partition(b"\n")[0] or 0)

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            self._listen(None if deadline is None else max(0.0, deadline - time.monotonic()))
        return self.returncode

    def _listen(self, timeout: float | None) -> None:
        with self._listening:
            if self.returncode is None:
                self._hear(timeout)

    def _hear(self, timeout: float | None) -> None:
        ready, _, _ = select.select([self._told], [], [], timeout)
        if not ready:
            raise subprocess.TimeoutExpired("env.py", timeout or 0.0)
        if self._orphaned:
            self._ended(-signal.SIGKILL)
            return
        part = os.read(self._told, 64)
        self._text += part
        if part:
            return
        pid, _, status = self._text.partition(b"\n")
        if pid and not status:
            # The nursery was killed and cannot say any more how its child ends, but the kernel says when.
            with contextlib.suppress(ProcessLookupError):
                descriptor = os.pidfd_open(int(pid))
                os.close(self._told)
                self._told, self._orphaned = descriptor, True
                return
        self._ended(int(status or -signal.SIGKILL))

    def _ended(self, code: int) -> None:
        os.close(self._told)
        self.returncode = code


class _Nursery:
    """The outside's end of `harness.environment.nursery`: one process, for as long as the variables stay the same."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._started_with = _start_state()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, str(_LAUNCHER), "fork", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=self._started_with[1],
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    def serves(self) -> bool:
        return self._owner == os.getpid() and self._started_with == _start_state() and self._process.poll() is None

    def fork(self, channel: int, lifeline: int, output: int) -> Process:
        told, theirs = os.pipe()
        try:
            socket.send_fds(self._control, [b"f"], [channel, lifeline, output, theirs])
        except OSError:
            os.close(told)
            raise
        finally:
            os.close(theirs)
        return _Forked(told)

    def close(self) -> None:
        self._control.close()
        if self._owner != os.getpid():
            return
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


_lock = threading.Lock()
_nursery: _Nursery | None = None


def _warm() -> _Nursery:
    global _nursery
    if _nursery is not None and not _nursery.serves():
        _nursery.close()
        _nursery = None
    if _nursery is None:
        _nursery = _Nursery()
        atexit.unregister(_end)
        atexit.register(_end)
    return _nursery


def _end() -> None:
    global _nursery
    if _nursery is not None:
        _nursery.close()
        _nursery = None


def _start_state() -> tuple[int, dict[str, str]]:
    """What an interpreter and the libraries read when they start."""
    return os.geteuid(), {name: value for name, value in os.environ.items() if name not in CHANGING}
