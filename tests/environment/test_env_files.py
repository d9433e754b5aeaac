"""`env.py` files that are odd, wrong or hostile: served where it can be, else one clear sentence and exit code."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

import pytest
from env_files import ASYNC, CONCURRENTLY, GLOBAL_ASYNC_ENGINE, NO_OP_IN_A_LOOP, REVISIONS, SYNC, write_project

import harness
from harness.environment import EnvironmentRun, find_project
from harness.findings import UsageError, VerdictError
from harness.server import Server
from harness.settings import Settings

ASYNCPG = "postgresql+asyncpg://app:secret@192.0.2.1/live"


def outcome(report: harness.Report, name: str) -> tuple[str, str]:
    check = next(check for check in report.checks if check.name == name)
    return check.outcome, check.reason or ""


def test_an_engine_that_outlives_a_run_is_no_trouble(tmp_path: Path, server: Server) -> None:
    project = write_project(tmp_path, server, GLOBAL_ASYNC_ENGINE, revisions=(*REVISIONS, CONCURRENTLY))
    project.write(
        "live_engine.py",
        f'from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine("{ASYNCPG}")\n',
    )
    project.write("alembic.ini", project.read("alembic.ini") + "prepend_sys_path = .\n")
    report = project.check("upgrade", "downgrade")
    assert report.exit_code() == 0, report.to_dict()


@pytest.mark.parametrize("env_py", [ASYNC, NO_OP_IN_A_LOOP])
def test_a_running_loop_makes_no_difference(tmp_path: Path, server: Server, env_py: str) -> None:
    project = write_project(tmp_path, server, env_py, url=ASYNCPG)

    async def within_a_loop() -> harness.Report:
        return project.check("upgrade", "downgrade")

    report = asyncio.run(within_a_loop())
    assert [check.outcome for check in report.checks] == ["passed", "passed"]


def test_the_process_of_the_caller_is_left_as_it_was(tmp_path: Path, server: Server) -> None:
    """The working directory, sys.path, loaded modules and loggers, which env.py's fileConfig would disable."""
    env_py = "import os, sys, logging.config, json as only_here\nos.environ['LEFT'] = '1'\nos.chdir('/')\n" + SYNC
    project = write_project(tmp_path, server, env_py)
    before = (Path.cwd(), list(sys.path), logging.getLogger("harness").disabled, "LEFT" in os.environ)
    project.check("upgrade")
    assert (Path.cwd(), list(sys.path), logging.getLogger("harness").disabled, "LEFT" in os.environ) == before


def test_what_env_py_prints_and_reads_is_its_own_affair(tmp_path: Path, server: Server) -> None:
    project = write_project(
        tmp_path, server, "print('noise ' * 100_000)\nimport sys\nassert sys.stdin.read() == ''\n" + SYNC
    )
    assert project.check("upgrade").exit_code() == 0


def test_x_arguments_and_variables_reach_env_py(tmp_path: Path, server: Server) -> None:
    env_py = (
        "import os\nfrom alembic import context as c\n"
        "assert c.get_x_argument(as_dictionary=True) == {'tenant': 'a'}\nassert os.environ['STAGE'] == 'test {}'\n"
    ) + SYNC
    project = write_project(tmp_path, server, env_py)
    report = project.check("upgrade", x=["tenant=a"], env={"STAGE": "test {{}}"})
    assert report.exit_code() == 0, report.to_dict()


def test_an_env_py_of_another_dialect_is_served_by_its_variable(tmp_path: Path, server: Server) -> None:
    env_py = SYNC.replace(
        "config = context.config\n",
        "config = context.config\nimport os\n"
        "config.set_main_option('sqlalchemy.url', os.environ.get('APP_DB', 'sqlite:///app.db').replace('%', '%%'))\n",
    )
    project = write_project(tmp_path, server, env_py)
    with pytest.raises(UsageError) as caught:
        project.check("upgrade")
    assert "connects to sqlite, not to PostgreSQL" in caught.value.message
    assert "--env NAME={url}" in caught.value.fix
    assert not (tmp_path / "app.db").exists()
    assert project.check("upgrade", env={"APP_DB": "{url:psycopg}"}).exit_code() == 0


def test_an_ini_file_of_another_dialect_is_served_as_it_is(tmp_path: Path, server: Server) -> None:
    project = write_project(tmp_path, server, url="sqlite:///app.db")
    assert project.check("upgrade").exit_code() == 0
    assert not (tmp_path / "app.db").exists()


def test_a_driver_that_was_chosen_for_the_ini_is_named(tmp_path: Path, server: Server) -> None:
    """An env.py may be written for the one driver: `prepare_threshold` is psycopg's."""
    connects = 'prefix="sqlalchemy.", '
    env_py = ASYNC.replace(connects, connects + 'connect_args={"prepare_threshold": None}, ')
    project = write_project(tmp_path, server, env_py, url="sqlite+aiosqlite:///app.db")
    kind, reason = outcome(project.check("upgrade"), "upgrade")
    assert kind == "error"
    assert "unexpected keyword argument 'prepare_threshold'" in reason
    assert "postgresql+asyncpg://…: if it needs another driver" in reason
    project = write_project(tmp_path, server, env_py, url="postgresql+psycopg://app@192.0.2.1/live")
    assert outcome(project.check("upgrade"), "upgrade") == ("passed", "")


def test_mysql_is_named(tmp_path: Path, server: Server) -> None:
    env_py = SYNC.replace(
        "engine = engine_from_config(config.get_section",
        "from types import ModuleType\n    import sqlalchemy\n"
        "    fake = ModuleType('fake'); fake.paramstyle = 'format'; fake.version_info = (1, 4, 0)\n"
        "    fake.Error = Exception\n"
        "    fake.__version__ = '1.4.0'\n"
        "    sqlalchemy.create_engine('mysql+mysqldb://live', module=fake).connect()\n"
        "    engine = engine_from_config(config.get_section",
    )
    with pytest.raises(UsageError, match="connects to mysql, not to PostgreSQL"):
        write_project(tmp_path, server, env_py).check("upgrade")


@pytest.mark.parametrize(
    ("env_py", "says"),
    [
        (
            "raise RuntimeError('no settings today')",
            "env.py raised RuntimeError at migrations/env.py:1: no settings today",
        ),
        ("import sys\nsys.exit('nope')", "env.py called sys.exit(nope) at migrations/env.py:2"),
        ("import sys\nsys.exit(0)", "env.py called sys.exit(0)"),
        ("from alembic import context\n", "without calling context.run_migrations()"),
        ("import not_there_at_all", "No module named 'not_there_at_all'"),
        ("import os\nos.environ['DATABASE_URL_OF_MINE']", "--env NAME=VALUE"),
    ],
)
def test_an_env_py_that_gives_no_verdict(tmp_path: Path, server: Server, env_py: str, says: str) -> None:
    report = write_project(tmp_path, server, env_py).check("upgrade", "downgrade")
    assert report.exit_code() == 3
    result, reason = outcome(report, "upgrade")
    assert result == "error"
    assert says in reason
    assert outcome(report, "downgrade") == ("error", "the same as upgrade"), "said once"


@pytest.mark.parametrize(
    ("line", "says"),
    [("os._exit(7)", "exited with status 7"), ("os.kill(os.getpid(), signal.SIGSEGV)", "was ended by signal 11")],
)
def test_an_env_py_that_ends_its_interpreter(tmp_path: Path, server: Server, line: str, says: str) -> None:
    project = write_project(tmp_path, server, f"import os, signal\nprint('last words', flush=True)\n{line}")
    with pytest.raises(VerdictError) as caught:
        project.check("upgrade")
    assert says in caught.value.message
    assert "last words" in caught.value.detail


def test_no_metadata_leaves_the_rest_to_be_checked(tmp_path: Path, server: Server) -> None:
    project = write_project(tmp_path, server, SYNC.replace("target_metadata=target_metadata", "target_metadata=None"))
    report = project.check("upgrade", "downgrade", "drift", "autogenerate")
    assert outcome(report, "upgrade")[0] == outcome(report, "downgrade")[0] == "passed"
    for name in ("drift", "autogenerate"):
        result, reason = outcome(report, name)
        assert result == "skipped"
        assert "target_metadata" in reason


def test_an_env_py_without_offline_mode(tmp_path: Path, server: Server) -> None:
    env_py = SYNC.replace(
        "if context.is_offline_mode():", "if context.is_offline_mode():\n    raise SystemExit('no')\nif 0:"
    )
    assert write_project(tmp_path, server, env_py).check("graph", "upgrade", "drift").exit_code() == 0


def test_a_step_that_hangs_is_ended_and_named(tmp_path: Path, server: Server) -> None:
    project = write_project(tmp_path, server, revisions=(("slow", 'op.execute("select pg_sleep(60)")', "pass"),))
    report = project.check("upgrade", timeout=2.0)
    assert report.exit_code() == 3
    assert "slow" in outcome(report, "upgrade")[1]
    assert "timeout" in outcome(report, "upgrade")[1]


def test_what_runs_before_configure_without_a_commit_is_found(tmp_path: Path, server: Server) -> None:
    """Alembic takes the transaction that began there for the caller's, and nobody commits it."""
    env_py = SYNC.replace(
        "        context.configure(connection",
        "        connection.exec_driver_sql('select 1')\n        context.configure(connection",
    )
    report = write_project(tmp_path, server, env_py).check("upgrade")
    assert [finding.rule for finding in report.findings] == ["upgrade.nothing-kept"]


def test_filters_of_env_py_are_honoured(tmp_path: Path, server: Server) -> None:
    extra = ("r3", 'op.execute("create table spatial_ref_sys (id int)")', 'op.execute("drop table spatial_ref_sys")')
    project = write_project(tmp_path, server, revisions=(*REVISIONS, extra))
    assert {finding.rule for finding in project.check("drift").findings} == {"drift.table.extra"}
    env_py = project.read("migrations/env.py")
    for option in (
        "include_object=lambda o, name, kind, reflected, other: name != 'spatial_ref_sys'",
        "include_name=lambda name, kind, parents: name != 'spatial_ref_sys'",
    ):
        project.write(
            "migrations/env.py",
            env_py.replace("target_metadata=target_metadata)", f"target_metadata=target_metadata, {option})"),
        )
        assert project.check("drift", "autogenerate").findings == ()


def test_a_version_table_of_its_own(tmp_path: Path, server: Server) -> None:
    env_py = SYNC.replace(
        "        context.configure(connection=connection,",
        "        connection.exec_driver_sql('create schema if not exists meta')\n        connection.commit()\n"
        "        context.configure(connection=connection, version_table='v', version_table_schema='meta',",
    )
    report = write_project(tmp_path, server, env_py).check("upgrade", "downgrade", "drift")
    assert report.exit_code() == 0, report.to_dict()
    assert [finding for finding in report.findings if "meta" in finding.message] == []


def test_transaction_per_migration(tmp_path: Path, server: Server) -> None:
    env_py = SYNC.replace("connection=connection,", "connection=connection, transaction_per_migration=True,")
    report = write_project(tmp_path, server, env_py, revisions=(*REVISIONS, CONCURRENTLY)).check("upgrade", "downgrade")
    assert report.exit_code() == 0, report.to_dict()


def test_a_question_before_the_first_step_changes_nothing(tmp_path: Path, server: Server) -> None:
    write_project(tmp_path, server)
    project = find_project(Settings(), tmp_path)
    with server.create_database("question") as database, EnvironmentRun.start(project, database.url) as run:
        assert [revision.id for revision in run.history().revisions] == ["r1", "r2"]
        assert [step.revision for step in run.upgrade()] == ["r1", "r2"]
        assert run.heads == ("r2",)
