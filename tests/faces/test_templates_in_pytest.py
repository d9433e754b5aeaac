"""Templates as tests get them: in pytest runs of their own, with workers, two runs on one server, and when killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

pytest_plugins = ["pytester"]

Left = Callable[[], list[str]]
Session = Callable[..., "subprocess.Popen[bytes]"]
ARGUMENTS = ("-p", "no:cacheprovider", "-p", "no:pytest_alembic", "-p", "no:randomly")
_PATIENCE_SECONDS = 30.0


def run(user: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return user.runpytest_subprocess(*ARGUMENTS, *arguments)


def count(user: pytest.Pytester, name: str) -> int:
    log = user.path / name
    return len(log.read_text().split()) if log.exists() else 0


def runs(user: pytest.Pytester) -> int:
    """How often env.py was run."""
    return count(user, "env-runs.txt")


def upgrades(user: pytest.Pytester) -> int:
    """How often the first revision was applied."""
    return count(user, "upgrades.txt")


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it has not come about"
        time.sleep(0.05)


@pytest.fixture
def counted(user: pytest.Pytester) -> pytest.Pytester:
    """A project whose first revision notes that it is applied, and waits while there is a file `wait`."""
    first = user.path / "alembic" / "versions" / "first.py"
    noted = """def upgrade():
    import pathlib, time
    with open("upgrades.txt", "a") as log:
        log.write("first ")
    while pathlib.Path("wait").exists():
        time.sleep(0.05)
"""
    first.write_text(first.read_text().replace("def upgrade():\n", noted))
    return user


@pytest.fixture
def session(counted: pytest.Pytester) -> Iterator[Session]:
    """Starts a pytest run beside this one."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "pytest", *ARGUMENTS, *arguments]
        started.append(subprocess.Popen(command, cwd=counted.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_asked_for_again_it_is_cloned_without_a_run(counted: pytest.Pytester, leftovers: Left) -> None:
    counted.makepyfile(
        """
        import pytest

        def runs():
            return len(open("env-runs.txt").readlines())

        def test_first(migrations):
            assert migrations.at("first").current == ("first",)
            assert runs() == 1

        def test_second(migrations):
            migrations.at("first")
            assert runs() == 2  # it makes the template

        @pytest.mark.parametrize("number", range(3))
        def test_further(migrations, number):
            assert migrations.at("first").current == ("first",)
            migrations.insert("account", {"id": number, "email": "a"})
            assert migrations.fetch("select id from account") == [{"id": number}]
            assert runs() == 2

        def test_on_from_there(migrations):
            migrations.at("first").insert("account", {"id": 1, "email": "a"})
            assert [step.revision for step in migrations.upgrade()] == ["second"]
            assert migrations.fetch("select id, settings from account") == [{"id": 1, "settings": None}]
            assert runs() == 3
            assert migrations.at("base").current == ()

        def test_on_with_at(migrations):
            assert migrations.at("first").at("second").at("first").current == ("first",)
        """
    )
    run(counted).assert_outcomes(passed=7)
    assert leftovers() == []


def test_a_database_that_was_seen_is_walked(counted: pytest.Pytester) -> None:
    counted.makepyfile(
        """
        import psycopg

        def test_warm(migrations):
            migrations.at("first")

        def test_warm_again(migrations):
            migrations.at("first")

        def test_held(migrations):
            url = migrations.url
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("create table mine ()")
                migrations.at("first")
                assert migrations.url == url
                assert connection.execute("select from mine, account").fetchall() == []

        def test_begun(migrations):
            migrations.fetch("create table mine ()")
            assert migrations.at("base").at("first").fetch("select from mine, account") == []
        """
    )
    run(counted).assert_outcomes(passed=4)


def test_a_name_that_no_revision_has_is_told(counted: pytest.Pytester) -> None:
    counted.makepyfile("def test_it(migrations):\n    migrations.at('nowhere')\n")
    done = run(counted)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines([">   *migrations.at('nowhere')", "E  *nowhere*"])
    assert "testbed/" not in done.stdout.str()


MANY = """
import pytest

@pytest.mark.parametrize("number", range(8))
def test_it(migrations, migrated_database, number):
    assert migrations.at("second").current == ("second",)
    migrations.insert("account", {"id": 1, "email": "a"})
    migrated_database.insert("account", {"id": 1, "email": "a"})
"""


def test_workers_share_the_templates(counted: pytest.Pytester, leftovers: Left) -> None:
    counted.makepyfile(MANY)
    run(counted, "-n", "2").assert_outcomes(passed=8)
    # At head in one go, the walk of who asked first, and the template; and one more walk where two ask at once.
    assert upgrades(counted) in (3, 4)
    assert leftovers() == []


OWN_PROJECT = """
import pytest
from pathlib import Path
from harness.environment import find_project
from harness.settings import Settings

@pytest.fixture(scope="session")
def migration_project():
    return find_project(Settings(config="other.ini"), Path.cwd())
"""


def test_workers_with_a_project_of_their_own_make_one_template(counted: pytest.Pytester, leftovers: Left) -> None:
    (counted.path / "alembic.ini").rename(counted.path / "other.ini")
    counted.makeconftest(OWN_PROJECT)
    counted.makepyfile(
        MANY.replace("migrations, ", "")
        .replace("    migrations.insert", "    # ")
        .replace("    assert migrations", "    # ")
    )
    run(counted, "-n", "2").assert_outcomes(passed=8)
    assert upgrades(counted) == 1
    assert leftovers() == []


MET = """
import pathlib, time, sys

def test_it(migrated_database):
    name = sys.argv[-1].partition("=")[2]
    pathlib.Path("met." + name).touch()
    deadline = time.monotonic() + 30
    while not (pathlib.Path("met.a").exists() and pathlib.Path("met.b").exists()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert migrated_database.fetch("select * from account") == []
"""


def test_two_runs_on_one_server_make_one_template(counted: pytest.Pytester, session: Session, leftovers: Left) -> None:
    counted.makepyfile(MET)
    (counted.path / "wait").touch()
    both = [session("--basetemp=a"), session("--basetemp=b")]
    eventually(lambda: upgrades(counted) == 1 and runs(counted) == 2)
    time.sleep(0.3)  # for the one that waits to do what it must not
    (counted.path / "wait").unlink()
    assert [process.wait(60) for process in both] == [0, 0]
    assert upgrades(counted) == 1
    assert leftovers() == []


def test_a_revision_that_is_edited_between_two_runs_makes_another_template(
    counted: pytest.Pytester, session: Session, leftovers: Left
) -> None:
    counted.makepyfile(MET)
    first_run = session("--basetemp=a")
    eventually((counted.path / "met.a").exists)
    first = counted.path / "alembic" / "versions" / "first.py"
    first.write_text(first.read_text().replace("sa.String(100)", "sa.String(50)"))
    second_run = session("--basetemp=b")
    assert [first_run.wait(60), second_run.wait(60)] == [0, 0]
    assert upgrades(counted) == 2
    assert leftovers() == []


def test_a_build_that_is_killed_is_made_again(counted: pytest.Pytester, session: Session, leftovers: Left) -> None:
    counted.makepyfile(
        "def test_it(migrated_database):\n    assert migrated_database.fetch('select * from account') == []\n"
    )
    (counted.path / "wait").touch()
    killed = session()
    eventually(lambda: upgrades(counted) == 1)
    waiting = session()
    eventually(lambda: runs(counted) == 2)
    killed.kill()
    (counted.path / "wait").unlink()
    assert waiting.wait(60) == 0
    assert upgrades(counted) == 2
    eventually(lambda: leftovers() == [])


def test_a_server_that_dies_between_two_tests_is_told_in_words(counted: pytest.Pytester) -> None:
    counted.makepyfile(
        """
        import os, psycopg, signal, time

        def test_warm(migrated_database, migrations):
            migrations.at("first")

        def test_killed(migration_server, migrated_database):
            with psycopg.connect(migration_server.url) as connection:
                query = "select split_part(pg_read_file('postmaster.pid'), E'\\\\n', 1)::int"
                (number,) = connection.execute(query).fetchone()
            os.kill(number, signal.SIGKILL)
            time.sleep(0.5)

        def test_clone(migrated_database):
            pass

        def test_walk(migrations):
            migrations.at("first")
        """
    )
    counted._monkeypatch.setenv("HARNESS_SERVER", "embedded")
    done = run(counted)
    # What the killed server's databases cannot be rid of is an error of the test that killed it, too.
    assert done.parseoutcomes()["passed"] == 2
    done.stdout.fnmatch_lines(["*ERROR at setup of test_clone*", "The embedded server could not *"])
    done.stdout.fnmatch_lines(["*_ test_walk _*", "E  *The embedded server could not *"])


def test_an_interrupted_run_leaves_nothing(counted: pytest.Pytester, session: Session, leftovers: Left) -> None:
    counted.makepyfile("def test_it(migrated_database):\n    pass\n")
    (counted.path / "wait").touch()
    process = session()
    eventually(lambda: upgrades(counted) == 1)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == pytest.ExitCode.INTERRUPTED
    assert leftovers() == []
