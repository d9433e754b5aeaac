"""Fixtures for the sample application: the application and a client, on the databases of harness's own plugin.

The directory must have no `__init__.py`: a package `sample_app` here could hide the application of that name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from harness.server import ScratchDatabase, Server
from harness.testbed.databases import MigratedDatabase
from sample_app import config
from sample_app.main import create_app

ROOT = Path(__file__).parents[2]


class Alembic:
    """Run `alembic ARGUMENTS` as a process of its own, on a database and in a directory."""

    def __call__(
        self, url: str, *arguments: str, cwd: Path = ROOT, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end; a failure fails the test unless `check=False`."""
        process = self.start(url, *arguments, cwd=cwd)
        output, log = process.communicate(timeout=120)
        if check and process.returncode:
            pytest.fail(f"alembic {' '.join(arguments)} failed:\n{output}{log}")
        return subprocess.CompletedProcess(process.args, process.returncode, output, log)

    def start(self, url: str, *arguments: str, cwd: Path = ROOT) -> subprocess.Popen[str]:
        """Start it and return at once."""
        return subprocess.Popen(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=cwd,
            env={**os.environ, "DB__URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture(scope="session")
def alembic() -> Alembic:
    return Alembic()


@pytest.fixture
def empty_database(migration_server: Server) -> Iterator[ScratchDatabase]:
    with migration_server.create_database("shop_empty") as database:
        yield database


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the application with its migrations, for tests that change it."""
    for name in ("sample_app", "alembic"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "alembic.ini", tmp_path)
    return tmp_path


@pytest.fixture
def app(migrated_database: MigratedDatabase) -> FastAPI:
    return create_app(config.Settings(db=config.DatabaseSettings(url=migrated_database.url)))


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that speaks to the application in this process, while its lifespan lasts."""
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as opened:
            yield opened
