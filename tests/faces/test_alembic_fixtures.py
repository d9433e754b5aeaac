"""`alembic_config` and `alembic_engine`: pytest-alembic's own tests on our server, and no other database reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tiny_projects import ENV

from harness.server import ScratchDatabase, Server

pytest_plugins = ["pytester"]

Left = Callable[[], list[str]]

# The documented asynchronous env.py: it looks at no attribute of the configuration, connects where its settings say.
ASYNC_ENV = """
import asyncio
import os

from alembic import context
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import async_engine_from_config

import models

config = context.config
config.set_main_option("sqlalchemy.url", os.environ["LIVE"].replace("postgresql:", "postgresql+asyncpg:"))


def do_run_migrations(connection):
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


async def run_async_migrations():
    engine = async_engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await engine.dispose()


asyncio.run(run_async_migrations())
"""


@pytest.fixture
def live(own_server: Server) -> Iterator[ScratchDatabase]:
    """A database that somebody needs: it has a table of the same name, with a row."""
    with own_server.create_database("live") as database:
        with database.connect() as connection:
            connection.execute("create table account (id int primary key, email text)")
            connection.execute("insert into account values (1, 'precious')")
        yield database


def untouched(live: ScratchDatabase) -> bool:
    """Whether the database is as it was, with no version table in it."""
    with live.connect() as connection:
        rows = connection.execute("select email from account").fetchall()
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    return rows == [("precious",)] and tables == [("account",)]


def run(user: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return user.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


@pytest.mark.parametrize("env", [ENV, ASYNC_ENV], ids=["sync", "async"])
def test_the_tests_of_pytest_alembic_run_on_a_scratch_database(
    user: pytest.Pytester, live: ScratchDatabase, leftovers: Left, env: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVE", live.url)
    (user.path / "alembic" / "env.py").write_text(env)
    user.mkdir("tests").joinpath("conftest.py").touch()
    done = run(user, "--test-alembic", "-v", "tests")
    outcomes = done.parseoutcomes()
    assert set(outcomes) <= {"passed", "warning", "warnings"}, done.stdout.str()
    assert outcomes["passed"] >= 4
    assert untouched(live)
    assert leftovers() == [live.name]


def test_without_our_fixtures_the_live_database_would_have_been_hit(
    user: pytest.Pytester, live: ScratchDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above proves something only if its victim can be hit."""
    monkeypatch.setenv("LIVE", live.url)
    (user.path / "alembic" / "env.py").write_text(ASYNC_ENV)
    user.mkdir("tests").joinpath("conftest.py").touch()
    run(user, "--test-alembic", "tests", "-p", "no:harness")
    with live.connect() as connection:
        assert connection.execute("select to_regclass('alembic_version')").fetchone() != (None,)


COMMANDS = """
import pytest
from alembic import command
from sqlalchemy import create_engine, text
import os

live = create_engine(os.environ["LIVE"].replace("postgresql:", "postgresql+psycopg:"))

def emails():
    with live.connect() as connection:
        return [row[0] for row in connection.execute(text("select email from account"))]

def test_before():
    assert emails() == ["precious"]  # leaves a connection in the pool

def test_config_alone_is_safe_too(alembic_config):
    command.upgrade(alembic_config, "head")
    assert emails() == []            # the application's own engine is redirected, pooled connections and all

def test_engine(alembic_engine, alembic_config):
    command.upgrade(alembic_config, "head")
    with alembic_engine.connect() as connection:
        assert connection.execute(text("select version_num from alembic_version")).scalar_one() == "second"

def test_after():
    assert emails() == ["precious"]
"""


def test_commands_and_the_applications_pool_are_redirected_for_a_test_and_no_longer(
    user: pytest.Pytester, live: ScratchDatabase, leftovers: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVE", live.url)
    (user.path / "alembic" / "env.py").write_text(ASYNC_ENV)
    user.makepyfile(COMMANDS)
    run(user, "-p", "no:randomly").assert_outcomes(passed=4)
    assert untouched(live)
    assert leftovers() == [live.name]


OVERRIDES = """
import pytest
from alembic.config import Config
from sqlalchemy import create_engine

@pytest.fixture
def alembic_engine():
    return create_engine("sqlite://")

@pytest.fixture
def alembic_config():
    return {"file": "mine.ini"}
"""
ASKS = """
def test_it(alembic_config, alembic_engine):
    assert alembic_config == {"file": "mine.ini"}
    assert alembic_engine.dialect.name == "sqlite"
    with alembic_engine.connect() as connection:
        assert connection.exec_driver_sql("select 1").scalar_one() == 1
"""


@pytest.mark.parametrize("place", ["conftest.py", "test_it.py", "shop_fixtures.py"])
def test_a_projects_own_fixtures_win(user: pytest.Pytester, place: str) -> None:
    user.makepyfile(ASKS)
    if place == "shop_fixtures.py":
        user.makeconftest('pytest_plugins = ["shop_fixtures"]')
    (user.path / place).write_text(OVERRIDES + (ASKS if place == "test_it.py" else ""))
    run(user, place if place == "test_it.py" else "-q").assert_outcomes(passed=1)


def test_only_the_engine_overridden_is_left_where_the_project_put_it(user: pytest.Pytester) -> None:
    user.makeconftest(OVERRIDES.partition("@pytest.fixture\ndef alembic_config")[0])
    user.makepyfile(
        """
        from alembic.config import Config
        def test_it(alembic_engine, alembic_config):
            assert isinstance(alembic_config, Config)
            assert "harness_alembic_" in alembic_config.get_main_option("sqlalchemy.url")
            with alembic_engine.connect() as connection:
                assert connection.exec_driver_sql("select 1").scalar_one() == 1
        """
    )
    run(user).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("", "postgresql+psycopg"),
        ("sqlalchemy.url = postgresql+asyncpg://u:p%%40@h/d", "postgresql+asyncpg"),
        ("sqlalchemy.url = postgresql://u@h/d", "postgresql"),
        ("sqlalchemy.url = sqlite:///x.db", "postgresql+psycopg"),
    ],
)
def test_the_driver_is_the_projects_own(user: pytest.Pytester, own: str, expected: str) -> None:
    with (user.path / "alembic.ini").open("a") as ini:
        ini.write(f"{own}\n")
    user.makepyprojecttoml('[tool.harness]\nx = { tenant = "a" }\nenv = { SHOP_URL = "{url}" }\n')
    user.makepyfile(
        f"""
        import os
        def test_it(alembic_config):
            url = alembic_config.get_main_option("sqlalchemy.url")
            assert url.partition(":")[0] == {expected!r}
            assert alembic_config.cmd_opts.x == ["tenant=a"]
            assert os.environ["SHOP_URL"].partition(":")[2] == url.partition(":")[2]
        def test_no_more():
            assert "SHOP_URL" not in os.environ
        """
    )
    run(user, "-p", "no:randomly").assert_outcomes(passed=2)
