"""What the tests of the faces share: a server of their own, a project each, and the command run as users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tiny_projects import surroundings, write_project

from harness.server import Server, open_server
from harness.settings import Settings


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """`write_project` in a directory of this test."""

    def make(**parts: Any) -> Path:
        root = tmp_path / "project"
        root.mkdir()
        return write_project(root, **parts)

    return make


@pytest.fixture(scope="session")
def own_server() -> Iterator[Server]:
    """A server that only the tests of this folder and of this process use: what is left on it is theirs."""
    with open_server(Settings(server="embedded")) as server:
        yield server


@pytest.fixture
def leftovers(own_server: Server) -> Callable[[], list[str]]:
    """Asks which scratch databases are on `own_server`."""

    def ask() -> list[str]:
        with psycopg.connect(own_server.url, autocommit=True) as connection:
            rows = connection.execute("select datname from pg_catalog.pg_database where datname like 'harness_%'")
            return [row[0] for row in rows]

    return ask


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def harness(request: pytest.FixtureRequest) -> Run:
    """Runs `python -m harness` in a directory; `server=False` for calls that must not come as far as a server."""

    def run(
        *arguments: str, cwd: Path, server: bool = True, variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        used = request.getfixturevalue("own_server") if server else None
        return subprocess.run(
            [sys.executable, "-m", "harness", *arguments],
            cwd=cwd,
            env=surroundings(used, **(variables or {})),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def user(pytester: pytest.Pytester, own_server: Server, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A user's project directory, with the variables of a user's shell."""
    wanted = surroundings(own_server)
    for name in set(os.environ) - set(wanted):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HARNESS_SERVER", own_server.url)
    write_project(pytester.path)
    return pytester
