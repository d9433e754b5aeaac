"""A terminal for a process under test, and what it shows."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Sequence
from pathlib import Path

TAKEN_BACK = "\r\x1b[K"


def on_a_terminal(command: Sequence[str], columns: int = 100, directory: Path | None = None, **variables: str) -> str:
    """All that a process that ends well writes to a terminal of its own."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        command, cwd=directory, stdout=theirs, stderr=theirs, stdin=theirs, env=surroundings(**variables)
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:
            pass  # Linux says EIO where the other end of a terminal is closed
        os.close(ours)
    assert process.returncode == 0, shown.decode()
    return shown.decode()


def surroundings(**variables: str) -> dict[str, str]:
    """The environment, without what says that nobody watches, or how colours are wanted."""
    inherited = {key: value for key, value in os.environ.items() if key not in ("CI", "NO_COLOR", "FORCE_COLOR")}
    return {**inherited, "TERM": "xterm", "PYTHONUTF8": "1", **variables}
