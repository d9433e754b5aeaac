"""Nothing but the scratch database can be reached: a live database named everywhere sees not one connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from env_files import ASYNC, CONCURRENTLY, REVISIONS, SYNC, write_project
from project_copy import ProjectCopy

from harness.server import ScratchDatabase, Server, open_server
from harness.settings import Settings


class Victim:
    """A live database full of rows, on a server that logs every connection."""

    def __init__(self, server: Server, database: ScratchDatabase, log: Path) -> None:
        self.server = server
        self.database = database
        self._log = log

    def url(self, driver: str) -> str:
        return self.database.url.replace("postgresql://", f"postgresql+{driver}://", 1)

    def connections(self) -> int:
        """How many connections to it its server has logged."""
        text = self._log.read_text(encoding="utf-8", errors="replace")
        return len(re.findall(rf"connection authorized: .*database={self.database.name}\b", text))

    def rows(self) -> int:
        with self.database.connect() as connection:
            row = connection.execute("select count(*) from thing").fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
def victim() -> Iterator[Victim]:
    with open_server(Settings(server="embedded")) as server, server.create_database("live") as database:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("alter system set log_connections = on")
            connection.execute("select pg_reload_conf()")
        with database.connect() as connection:
            connection.execute("create table thing (id int primary key)")
            connection.execute("insert into thing select generate_series(1, 1000)")
        yield Victim(server, database, server.log)  # type: ignore[attr-defined]  # an embedded server has one


DRIVERS = {"asyncpg": ASYNC, "psycopg": SYNC, "psycopg_async": ASYNC, "psycopg2": SYNC}


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_check_leaves_the_live_database_alone(tmp_path: Path, victim: Victim, driver: str) -> None:
    project = write_project(
        tmp_path, victim.server, DRIVERS[driver], url=victim.url(driver), revisions=(*REVISIONS, CONCURRENTLY)
    )
    before = victim.connections()
    assert before > 0  # the log does record connections
    report = project.check()
    assert victim.connections() == before
    assert victim.rows() == 1000
    outcomes = {check.name: check.outcome for check in report.checks}
    assert outcomes["upgrade"] == outcomes["downgrade"] == "passed"
    drifted = {str(finding.object) for finding in report.findings if finding.check == "drift"}
    assert drifted == {"public.thing.i"}, "the index that only the migrations make"


def test_settings_that_hold_the_live_url_do_not_matter(sample: ProjectCopy, victim: Victim) -> None:
    before = victim.connections()
    project = ProjectCopy(sample.directory, victim.server)
    report = project.check("upgrade", "downgrade", "drift", env={"DB__URL": victim.url("asyncpg")})
    assert report.exit_code() == 0
    assert victim.connections() == before


DIRECT = {
    "psycopg": "import psycopg; psycopg.connect({url!r}).close()",
    "psycopg, class": "from psycopg import Connection; Connection.connect({url!r}).close()",
    "psycopg2": "import psycopg2; psycopg2.connect({url!r}).close()",
    "psycopg2, parts": (
        "import psycopg2, os; p = {parts!r}; "
        "psycopg2.connect(host=p[0], port=p[1], user=p[2], password=p[3], dbname=p[4]).close()"
    ),
    "asyncpg": "import asyncio, asyncpg; asyncio.run(asyncpg.connect({url!r}))",
    "psycopg, async": "import asyncio, psycopg; asyncio.run(psycopg.AsyncConnection.connect({url!r}))",
    "creator": (
        "import psycopg; from sqlalchemy import create_engine; "
        "create_engine('postgresql+psycopg://', creator=lambda: psycopg.connect({url!r})).connect().close()"
    ),
    "a listener of its own": (
        "import sqlalchemy as sa; e = sa.create_engine('postgresql+psycopg://'); "
        "sa.event.listens_for(e, 'do_connect')(lambda d, r, a, p: p.update({keywords!r})); e.connect().close()"
    ),
    "a subprocess": (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import psycopg; psycopg.connect()'])"
    ),
}


@pytest.mark.parametrize("way", DIRECT)
def test_connections_past_sqlalchemy_are_redirected_too(tmp_path: Path, victim: Victim, way: str) -> None:
    """An env.py that connects by itself, say to create a schema, gets the scratch database as well."""
    info = psycopg.conninfo.conninfo_to_dict(victim.database.url)
    parts = [info[key] for key in ("host", "port", "user", "password", "dbname")]
    keywords = {key: info[key] for key in ("host", "port", "user", "password", "dbname")}
    line = DIRECT[way].format(url=victim.database.url, parts=parts, keywords=keywords)
    project = write_project(tmp_path, victim.server, f"{line}\n{SYNC}", url=victim.url("psycopg"))
    before = victim.connections()
    # The offline run of env.py has no database: there its own connection is refused, and it fails.
    report = project.check("upgrade")
    assert victim.connections() == before
    assert report.exit_code() == 0, report.to_dict()


def test_session_settings_stay(tmp_path: Path, server: Server) -> None:
    env_py = SYNC.replace(
        "poolclass=pool.NullPool)",
        'poolclass=pool.NullPool, connect_args={"options": "-c search_path=tenant,public", "sslmode": "require"})',
    )
    up = 'op.execute("create schema tenant"); op.execute("create table here (id int)")'
    project = write_project(
        tmp_path, server, env_py, revisions=(("r1", up, 'op.execute("drop schema tenant cascade")'),)
    )
    check = """assert op.get_bind().exec_driver_sql("select 'tenant.here'::regclass").scalar(), "no path" """
    project.write(
        "migrations/versions/r2.py",
        project.read("migrations/versions/r1.py")
        .replace("'r1'", "'r2'")
        .replace('"r1"', '"r2"')
        .replace("down_revision = None", 'down_revision = "r1"')
        .replace(up, check),
    )
    report = project.check("upgrade")
    assert report.findings == (), report.to_dict()


def test_a_percent_sign_in_the_live_url_is_the_users_own_trap(tmp_path: Path, server: Server) -> None:
    """A password with an encoded character in the ini file works, as it does for `alembic`."""
    project = write_project(tmp_path, server, url="postgresql+psycopg://app:p%40ss@192.0.2.1/live")
    assert project.check("upgrade").exit_code() == 0
