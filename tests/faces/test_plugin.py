"""The pytest plugin, in pytest runs of its own on tiny projects."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable

import psycopg
import pytest
from tiny_projects import DRIFTED

from harness.checks import check_names
from harness.server import Server

pytest_plugins = ["pytester"]

STAR = "from harness.testing import *\n"
# One a check; round-trip has one for each of the two revisions, and one for what is no revision's.
TESTS = len(check_names()) + 2
Left = Callable[[], list[str]]


def runs(user: pytest.Pytester) -> int:
    """How often env.py was run."""
    log = user.path / "env-runs.txt"
    return len(log.read_text().splitlines()) if log.exists() else 0


def drift(user: pytest.Pytester) -> None:
    (user.path / "models.py").write_text(DRIFTED)


def run(user: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    # pytest-alembic imports SQLAlchemy in every process: its tests are elsewhere.
    return user.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:pytest_alembic", *arguments)


def test_one_test_a_check_found_by_its_name(user: pytest.Pytester, own_server: Server, leftovers: Left) -> None:
    user.makepyfile(test_them=STAR + "\ndef test_other(): pass\n")
    done = run(user, "-k", "migrations", "-v")
    done.assert_outcomes(passed=TESTS, deselected=1)
    done.stdout.fnmatch_lines(["*test_them.py::test_migrations_upgrade PASSED*"])
    done.stdout.fnmatch_lines([f"harness: PostgreSQL {own_server.version} (url)*"])
    assert leftovers() == []


def test_a_failing_test_shows_the_findings_and_nothing_of_our_code(user: pytest.Pytester) -> None:
    drift(user)
    user.makepyfile(test_migrations=STAR)
    done = run(user, "-k", "drift or graph")
    done.assert_outcomes(passed=1, failed=1, deselected=len(check_names()) - 2)
    done.stdout.fnmatch_lines(["error[[]drift.column.type[]] *email*", "  expected: character varying(200)"])
    assert "harness/testing.py" not in done.stdout.str()
    assert "Traceback" not in done.stdout.str()


def test_only_the_selected_checks_are_run(user: pytest.Pytester) -> None:
    user.makepyfile(test_migrations=STAR)
    run(user, "-k", "graph").assert_outcomes(passed=1, deselected=len(check_names()) - 1)
    graph_only = runs(user)
    run(user, "-k", "upgrade or downgrade or graph")
    assert runs(user) > 2 * graph_only


def test_a_test_of_the_projects_own_gets_the_whole_report(user: pytest.Pytester) -> None:
    user.makepyfile(
        test_migrations=STAR,
        test_mine="""
        from harness.checks import check_names
        def test_mine(migration_report):
            assert tuple(check.name for check in migration_report.checks) == check_names()
        """,
    )
    run(user, "-k", "graph or mine").assert_outcomes(passed=2, deselected=len(check_names()) - 1)


def test_checks_that_the_settings_leave_out_are_skipped_with_the_reason(user: pytest.Pytester) -> None:
    user.makepyprojecttoml('[tool.harness]\nskip = ["drift", "autogenerate"]\n')
    user.makepyfile(test_migrations=STAR)
    done = run(user, "-rs")
    done.assert_outcomes(passed=TESTS - 2, skipped=2)
    done.stdout.fnmatch_lines(["*drift is left out: see select and skip in the settings*"])


def test_an_env_py_that_raises_is_told_in_words(user: pytest.Pytester) -> None:
    (user.path / "alembic" / "env.py").write_text('raise RuntimeError("the vault is sealed")\n')
    user.makepyfile(test_migrations=STAR)
    done = run(user, "-k", "upgrade")
    done.assert_outcomes(failed=1, deselected=len(check_names()) - 1)
    done.stdout.fnmatch_lines(["*the vault is sealed*"])
    assert "harness/testbed" not in done.stdout.str()


def test_no_project_is_told_in_words(user: pytest.Pytester) -> None:
    (user.path / "alembic.ini").unlink()
    user.makepyfile(test_migrations=STAR, test_fixture="def test_it(migrations): pass\n")
    done = run(user, "-k", "graph or test_it")
    done.assert_outcomes(errors=2, deselected=len(check_names()) - 1)
    done.stdout.fnmatch_lines(["There is no alembic.ini*"])
    assert "harness/" not in re.sub(r"plugins: .*|rootdir: .*", "", done.stdout.str())


WALK = """
def test_walk(migrations):
    assert migrations.current == ()
    assert [step.revision for step in migrations.upgrade("first")] == ["first"]
    stored = migrations.insert("account", [{"id": 1, "email": "a@b"}, {"id": 2, "email": "100% c"}])
    assert stored == [{"id": 1, "email": "a@b"}, {"id": 2, "email": "100% c"}]
    assert migrations.at("second").current == ("second",)
    migrations.insert("public.account", {"id": 3, "email": "d", "settings": {"dark": True}})
    rows = migrations.fetch("select id, settings from account where id >= %s order by id", [2])
    assert rows == [{"id": 2, "settings": None}, {"id": 3, "settings": {"dark": True}}]
    assert migrations.fetch("select 1 as one where 'a%' like 'a%'") == [{"one": 1}]
    migrations.downgrade()
    assert migrations.current == ("first",)
    assert migrations.at("first").current == ("first",)
    assert migrations.at("second").at("base").current == ()
    assert migrations.at("base").fetch("select to_regclass('account') as it") == [{"it": None}]

def test_anew(migrations):
    assert migrations.current == ()
    with migrations.connect() as connection:
        name, = connection.execute("select current_database()").fetchone()
    assert name == migrations.name and name in migrations.url
    assert migrations.async_url.startswith("postgresql+asyncpg://")
"""


def test_the_history_can_be_walked_with_data(user: pytest.Pytester, leftovers: Left) -> None:
    user.makepyfile(WALK + "    migrations.connect()  # and forgotten\n")
    run(user, "-W", "error", "-p", "no:asyncio").assert_outcomes(passed=2)
    assert leftovers() == []


def test_a_failing_migration_shows_the_users_line(user: pytest.Pytester) -> None:
    (user.path / "alembic" / "versions" / "second.py").write_text(
        'revision, down_revision = "second", "first"\n'
        "from alembic import op\n"
        'def upgrade(): op.execute("select 1/0")\n'
        "def downgrade(): pass\n"
    )
    user.makepyfile("def test_it(migrations):\n    migrations.upgrade()\n")
    done = run(user)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines([">   *migrations.upgrade()", "E  *revision second failed*division by zero*"])
    assert "testbed/databases.py" not in done.stdout.str()


CLONES = """
import asyncio, pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

@pytest.mark.parametrize("number", range(3))
def test_each_has_its_own(migrated_database, number):
    migrated_database.insert("account", {"id": 1, "email": str(number)})
    assert len(migrated_database.fetch("select * from account")) == 1

async def ask(url):
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        revision = (await connection.execute(text("select version_num from alembic_version"))).scalar_one()
    await engine.dispose()
    return revision

@pytest.mark.asyncio(loop_scope="session")
async def test_asyncio(migrated_database, migrations):
    assert await ask(migrated_database.async_url) == "second"
    migrations.upgrade()
    assert await ask(migrations.async_url) == "second"

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.anyio
async def test_anyio(migrated_database, migrations):
    assert await ask(migrated_database.async_url) == "second"
    migrations.upgrade("first")
    assert await ask(migrations.async_url) == "first"

@pytest.mark.asyncio(loop_scope="session")
async def test_report_within_a_loop(request):
    assert request.getfixturevalue("migration_report").outcome == "passed"
"""


def test_clones_are_isolated_and_usable_in_running_loops(user: pytest.Pytester, leftovers: Left) -> None:
    user.makepyfile(test_clones=CLONES, test_migrations=STAR)
    done = run(user, "-p", "asyncio", "-p", "no:randomly")
    done.assert_outcomes(passed=6 + TESTS)
    assert leftovers() == []


def test_workers_share_one_run_of_the_checks(user: pytest.Pytester) -> None:
    user.makepyfile(test_migrations=STAR)
    run(user).assert_outcomes(passed=TESTS)
    alone = runs(user)
    run(user, "-n", "2").assert_outcomes(passed=TESTS)
    assert runs(user) == 2 * alone


def test_workers_share_one_server_in_random_order(user: pytest.Pytester, leftovers: Left) -> None:
    user.makepyfile(test_clones=CLONES, test_walk=WALK)
    user.makeconftest(
        """
        import pytest
        @pytest.fixture(autouse=True)
        def note(request, worker_id):
            yield
            if "migration_server" in request.fixturenames:
                with open("servers.txt", "a") as log:
                    print(worker_id, request.getfixturevalue("migration_server").url, file=log)
        """
    )
    run(user, "-n", "2", "-k", "not loop").assert_outcomes(passed=7)
    seen = {tuple(line.split()) for line in (user.path / "servers.txt").read_text().splitlines()}
    assert {worker for worker, _ in seen} == {"gw0", "gw1"}
    assert len({url for _, url in seen}) == 1
    assert leftovers() == []


def test_a_worker_that_is_killed_leaves_nothing_and_takes_nothing_from_the_others(
    user: pytest.Pytester, leftovers: Left
) -> None:
    user.makepyfile(
        test_killed="""
        import os, signal
        def test_killed(migrations, migrated_database):
            migrations.upgrade()
            os.kill(os.getpid(), signal.SIGKILL)
        """,
        test_others="""
        import pytest
        @pytest.mark.parametrize("number", range(6))
        def test_it(migrations, migrated_database, number):
            assert migrations.at("second").current == ("second",)
        """,
    )
    run(user, "-n", "2").assert_outcomes(passed=6, failed=1)
    deadline = time.monotonic() + 10  # the dead worker's watchdog drops what it left
    while leftovers() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert leftovers() == []


def test_an_embedded_server_belongs_to_the_controller_and_ends_with_it(user: pytest.Pytester) -> None:
    user.makepyfile(
        """
        import pytest
        @pytest.mark.parametrize("number", range(4))
        def test_it(migration_server, migrated_database, worker_id, number):
            with open("urls.txt", "a") as log:
                print(migration_server.url, file=log)
        """
    )
    user.makepyprojecttoml('[tool.harness]\nserver = "embedded"\n')
    user._monkeypatch.delenv("HARNESS_SERVER")
    done = run(user, "-n", "2")
    done.assert_outcomes(passed=4)
    done.stdout.fnmatch_lines(["harness: PostgreSQL * (embedded)*"])
    (url,) = set((user.path / "urls.txt").read_text().split())
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=3)


def test_unused_it_costs_nothing(user: pytest.Pytester) -> None:
    user.makepyfile(
        """
        import sys
        def test_nothing_was_imported():
            heavy = {"psycopg", "sqlalchemy", "alembic", "harness.environment", "harness.server", "harness.checks"}
            assert not heavy & set(sys.modules)
        """
    )
    (user.path / "pyproject.toml").write_text("[tool.harness]\nnonsense = 1\n")
    done = run(user, "-p", "no:randomly", "-p", "no:xdist", "-p", "no:anyio")
    done.assert_outcomes(passed=1)
    assert "harness:" not in done.stdout.str()


def test_a_project_overrides_project_and_server(user: pytest.Pytester, leftovers: Left) -> None:
    (user.path / "alembic.ini").rename(user.path / "other.ini")
    user.makeconftest(
        """
        import pytest
        from pathlib import Path
        from harness.environment import find_project
        from harness.server import attach_server
        from harness.settings import Settings
        @pytest.fixture(scope="session")
        def migration_project():
            return find_project(Settings(config="other.ini"), Path.cwd())
        @pytest.fixture(scope="session")
        def migration_server():
            import os
            with attach_server(os.environ["MINE"], why="mine") as server:
                yield server
        """
    )
    user._monkeypatch.setenv("MINE", os.environ["HARNESS_SERVER"])
    user._monkeypatch.setenv("HARNESS_SERVER", "postgresql://nobody@127.0.0.1:1/none")
    user.makepyfile(test_migrations=STAR, test_clones=CLONES, test_walk=WALK)
    run(user, "-k", "upgrade or test_anew or test_asyncio").assert_outcomes(passed=3, deselected=len(check_names()) + 5)
    assert leftovers() == []


def test_wrong_settings_are_told_in_words_by_workers_too(user: pytest.Pytester) -> None:
    user.makepyprojecttoml('[tool.harness]\nimgae = "x"\n')
    user.makepyfile("def test_it(migrations): pass\ndef test_free(): pass\n")
    done = run(user, "-n", "2")
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(["*has no option 'imgae'*", "Did you mean 'image'?"])
    assert "harness/testbed" not in done.stdout.str()
