"""What every test may use: one embedded server, scratch databases on it, and copies of the sample application."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from project_copy import ProjectCopy

from harness.server import ScratchDatabase, Server, open_server
from harness.settings import Settings

ROOT = Path(__file__).resolve().parent.parent

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell lets what it starts in the background ignore Ctrl-C, and the processes that tests interrupt inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server that lives as long as the session: an embedded one, or the one whose URL `HARNESS_TEST_SERVER` is."""
    with open_server(Settings(server=os.environ.get("HARNESS_TEST_SERVER", "embedded"))) as running:
        yield running


@pytest.fixture
def database(server: Server) -> Iterator[ScratchDatabase]:
    """An empty scratch database."""
    with server.create_database("test") as created:
        yield created


@pytest.fixture
def sample(tmp_path: Path, server: Server) -> ProjectCopy:
    """A copy of the sample application, complete and green."""
    directory = tmp_path / "shop"
    leave_out = shutil.ignore_patterns("__pycache__")
    for folder in ("sample_app", "alembic"):
        shutil.copytree(ROOT / folder, directory / folder, ignore=leave_out)
    shutil.copy(ROOT / "alembic.ini", directory)
    return ProjectCopy(directory, server)
