"""The peers' virtual environments, each made once and then used again, with the versions that run here."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

_PEERS = Path(__file__).with_name("peers")
_SAME = ("alembic", "sqlalchemy", "psycopg", "asyncpg")


@dataclass(frozen=True)
class Peer:
    """Tests of another project: what to install, the file in benchmarks/peers, options of pytest, and how many empty
    databases they want.
    """

    title: str
    distribution: str
    requirements: tuple[str, ...]
    file: str
    options: tuple[str, ...] = ()
    databases: int = 1


PEERS = {
    "pytest-alembic": Peer(
        "pytest-alembic: single head, upgrade, up-down consistency",
        "pytest-alembic",
        ("pytest-alembic==0.13.1", "pytest<9.2"),
        "test_default.py",
        databases=3,
    ),
    "leaves-no-trace": Peer(
        "pytest-alembic: downgrade leaves no trace",
        "pytest-alembic",
        ("pytest-alembic==0.13.1", "pytest<9.2"),
        "test_leaves_no_trace.py",
    ),
    "gauntlet": Peer(
        "alembic-gauntlet: stairway",
        "alembic-gauntlet",
        ("alembic-gauntlet[asyncio]", "pytest<9.2"),
        "test_stairway.py",
        ("-o", "asyncio_mode=auto", "-k", "stairway_upgrade_downgrade"),
    ),
}


class Environment:
    """The virtual environment of a peer."""

    def __init__(self, peer: Peer, folder: Path) -> None:
        self.peer = peer
        place = folder / peer.distribution
        self._python = place / "bin" / "python"
        wanted = "\n".join([*peer.requirements, *(f"{name}=={version(name)}" for name in _SAME)])
        complete = place / "complete"
        if not complete.is_file() or complete.read_text() != wanted:
            print(f"{peer.distribution}: installing into {place}", file=sys.stderr, flush=True)
            venv.create(place, with_pip=True, clear=True)
            subprocess.run(
                [self._python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *_requirements(wanted)],
                check=True,
            )
            complete.write_text(wanted)

    def command(self) -> list[str]:
        """The call of pytest; it wants the folder of a tree to run in, and BENCHMARK_URLS."""
        options = ["-c", str(_PEERS / "pytest.ini"), *self.peer.options]
        return [str(self._python), "-m", "pytest", *options, str(_PEERS / self.peer.file)]

    def version(self) -> str:
        """The peer's name and version."""
        ask = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
        done = subprocess.run(
            [self._python, "-c", ask, self.peer.distribution], capture_output=True, text=True, check=True
        )
        return f"{self.peer.distribution} {done.stdout.strip()}"


def default_folder() -> Path:
    """Where environments are kept from one benchmark to the next."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    return cache / "alembic-harness" / "peers"


def _requirements(wanted: str) -> list[str]:
    return [
        line.replace("psycopg==", "psycopg[binary]==").replace("sqlalchemy==", "sqlalchemy[asyncio]==")
        for line in wanted.splitlines()
    ]
