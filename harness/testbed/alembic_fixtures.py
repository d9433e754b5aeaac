"""The fixtures `alembic_config` and `alembic_engine`, on which pytest-alembic's own tests run.

They are registered by `harness.pytest_plugin` after every installed plugin and before any conftest.py: of two plugins'
fixtures of one name pytest takes the later one's, so these win over pytest-alembic's, and a project's own over these.

pytest-alembic runs `env.py` in the test process, and an `env.py` that ignores `config.attributes["connection"]` (the
documented asynchronous one does) connects to whatever its URL names. While a test holds one of these fixtures, every
SQLAlchemy connection of the process is therefore sent to the scratch database.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine

    from harness.environment import Project
    from harness.server import ScratchDatabase, Server


@pytest.fixture
def _harness_alembic_database(migration_server: Server) -> Iterator[ScratchDatabase]:
    """The empty scratch database that `alembic_config` and `alembic_engine` of one test share."""
    with migration_server.create_database("alembic") as database:
        yield database


@pytest.fixture
def alembic_config(
    request: pytest.FixtureRequest, migration_project: Project, _harness_alembic_database: ScratchDatabase
) -> Iterator[Config]:
    """An `alembic.config.Config` of the project with the URL of a scratch database."""
    from harness.testbed.redirecting import redirected

    config = make_config(migration_project, _harness_alembic_database.url)
    if "alembic_engine" in request.fixturenames:
        # That fixture redirects, if it is ours. If it is the project's own, the project knows where connections go.
        yield config
        return
    with redirected(_harness_alembic_database.url, migration_project):
        yield config


@pytest.fixture
def alembic_engine(migration_project: Project, _harness_alembic_database: ScratchDatabase) -> Iterator[Engine]:
    """A SQLAlchemy engine on a scratch database, with psycopg."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    from harness.testbed.databases import with_driver
    from harness.testbed.redirecting import redirected

    url = _harness_alembic_database.url
    engine = create_engine(with_driver(url, "psycopg"), poolclass=NullPool)
    with redirected(url, migration_project):
        yield engine
    engine.dispose()


def make_config(project: Project, url: str) -> Config:
    """Alembic's configuration of a project, its URL being `url` with the driver that the project's own URL names."""
    from argparse import Namespace

    from alembic.config import Config

    from harness.testbed.databases import with_driver

    files: dict[str, Any] = {"file_": str(project.config)}
    if project.config.suffix == ".toml":
        files = {"toml_file": str(project.config)}
    config = Config(**files, ini_section=project.name, cmd_opts=Namespace(x=list(project.x)))
    own = config.get_main_option("sqlalchemy.url") or "postgresql+psycopg://"
    scheme = own.partition(":")[0]
    driver = scheme.partition("+")[2] if scheme.startswith("postgresql") else "psycopg"
    target = with_driver(url, driver) if driver else url
    config.set_main_option("sqlalchemy.url", target.replace("%", "%%"))
    return config
