"""A process that cleans up when we cannot: after SIGKILL or SIGTERM no `finally` and no `atexit` runs.

`Watchdog` is our side. Run by its path, this file is the other side: it notes what it is told on standard input, and
when that ends, or our process is gone, it imports the function it was given and has it clean up.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Watchdog:
    """Watches over things that would outlive this process.

    Args:
        call: the function that cleans up, as `module:function`; it gets `arguments` and the noted names.
        arguments: whatever it needs, as JSON has it.
    """

    def __init__(self, call: str, arguments: dict[str, Any]) -> None:
        # Its own session, so that Ctrl-C in a terminal, which every process of ours gets, does not end it.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", Path(__file__)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
            cwd="/",
        )
        path = [str(Path(entry or ".").resolve()) for entry in sys.path]
        self._tell({"path": path, "owner": os.getpid(), "call": call, "arguments": arguments})

    def note(self, name: str) -> None:
        """Say that something of this name may exist from now on."""
        self._tell({"add": name})

    def forget(self, name: str) -> None:
        """Say that it is gone."""
        self._tell({"remove": name})

    def stop(self) -> None:
        """Say farewell: nothing is left to clean up."""
        self._process.kill()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _tell(self, word: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        # A watchdog that somebody has killed must not keep us from our work, which cleans up by itself when it can.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write((json.dumps(word) + "\n").encode())


def words() -> Iterator[dict[str, Any]]:
    """What the owner says, until it has nothing more to say or is gone."""
    buffer = b""
    watched = [0]
    while True:
        # With nothing else to watch a plain read will do, as it must on Windows, where pipes cannot be selected.
        if len(watched) > 1 and 0 not in select.select(watched, [], [])[0]:
            return
        chunk = os.read(0, 65536)
        if not chunk:
            return
        *lines, buffer = (buffer + chunk).split(b"\n")
        for line in lines:
            word = json.loads(line)
            # A child that the owner has forked holds the pipe open too, so its end alone does not tell.
            if "owner" in word and hasattr(os, "pidfd_open"):
                with contextlib.suppress(OSError):  # an old kernel, or a sandbox that forbids it: the pipe remains
                    watched.append(os.pidfd_open(word["owner"]))
            yield word


def main() -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    order: dict[str, Any] | None = None
    names: dict[str, None] = {}
    for word in words():
        if order is None:
            order = word
        elif "add" in word:
            names[word["add"]] = None
        else:
            names.pop(word["remove"], None)
    if order is None:
        return
    sys.path[:] = order["path"]
    module, _, function = order["call"].partition(":")
    getattr(importlib.import_module(module), function)(order["arguments"], list(names))


if __name__ == "__main__":
    main()
