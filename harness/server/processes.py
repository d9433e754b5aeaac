"""Processes told apart for good: a number alone comes back after a while."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path


@cache
def machine() -> str:
    """What must be equal for two processes to see each other's numbers: host, boot, and on Linux the PID namespace."""
    parts = [platform.node()]
    if sys.platform == "linux":
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()]
        parts += [str(Path("/proc/self/ns/pid").readlink())]
    return "/".join(parts)


def process_identity(pid: int) -> str:
    """A process's number and start time; without the time if there is no such process."""
    return f"{pid}@{_start_time(pid)}"


def is_alive(identity: str) -> bool:
    """Whether the process that `process_identity` described may still run: only who is known to be dead is dead."""
    pid, _, started = identity.partition("@")
    return not pid.isdigit() or not started or _start_time(int(pid)) == started


def _start_time(pid: int) -> str:
    if sys.platform == "linux":
        try:
            status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        # The program's name stands in parentheses and may hold anything; the start time is the 20th field after it.
        fields = status.rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    if os.name != "posix":
        return ""
    done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip()
