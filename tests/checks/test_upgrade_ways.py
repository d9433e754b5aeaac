"""One go or step by step: where the two ways disagree, the revision is named with what to type; look-alikes agree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tree_project import TreeProject

from harness.checks.upgrading import lacks_software
from harness.environment import Failure
from harness.findings import Finding
from harness.server import Server, open_server
from harness.settings import Settings

NOT_BUILT_IN = "This functionality requires the server to be built with"
ENUM = 'op.create_table("{table}", sa.Column("mood", sa.Enum("good", "bad", name="mood")))'
# `create_type` of a plain sa.Enum is not known to every SQLAlchemy.
OLD_ENUM = (
    "from sqlalchemy.dialects.postgresql import ENUM\n"
    '    op.create_table("{table}", sa.Column("mood", ENUM("good", "bad", name="mood", create_type=False)))'
)
# Committed at once: a value that is added to a type of the same transaction can be used in it.
MOOD = "with op.get_context().autocommit_block():\n        op.execute(\"create type mood as enum ('good')\")"
ADD_VALUE = "op.execute(\"alter type mood add value 'odd'\")"
USE_VALUE = "op.execute(\"create table used (mood mood default 'odd')\")"
EMPLOYEES = (
    'op.create_table("employee", sa.Column("id", sa.Integer, primary_key=True), '
    'sa.Column("boss", sa.ForeignKey("employee.id", deferrable=True, initially="DEFERRED")))\n'
    '    op.execute("insert into employee values (1, 1)")'
)


def findings(project: TreeProject, **settings: object) -> list[Finding]:
    report = project.check("upgrade", **settings)
    assert {check.outcome for check in report.checks} <= {"passed", "failed"}, report.checks
    return list(report.findings)


@pytest.fixture
def project(tmp_path: Path, server: Server) -> TreeProject:
    return TreeProject(tmp_path, server)


def test_an_enum_that_two_revisions_make(project: TreeProject) -> None:
    """Alembic remembers within one run that it has made the type; on another day it does not."""
    project.revision("r1", None, ENUM.format(table="a"), 'op.drop_table("a")')
    path = project.revision("r2", "r1", ENUM.format(table="b"), 'op.drop_table("b")')
    project.revision("r3", "r2")
    report = project.check("upgrade", "downgrade", "autogenerate")
    (finding,) = [finding for finding in report.findings if finding.check == "upgrade"]
    assert finding.rule == "upgrade.only-in-one-go"
    assert finding.revision == "r2"
    assert 'type "mood" already exists' in finding.message
    assert "CREATE TYPE mood AS ENUM" in (finding.detail or "")
    assert finding.location is not None
    assert (finding.location.path, finding.location.line) == (path, 10)
    assert 'ENUM(..., name="mood", create_type=False)' in (finding.fix or "")
    outcomes = {check.name: check.outcome for check in report.checks}
    assert outcomes == {"upgrade": "failed", "downgrade": "passed", "autogenerate": "failed"}, "the walk goes on"


def test_each_revision_that_makes_the_enum_again_is_named(project: TreeProject) -> None:
    for number in range(1, 4):
        below = f"r{number - 1}" if number > 1 else None
        project.revision(f"r{number}", below, ENUM.format(table=f"a{number}"), f'op.drop_table("a{number}")')
    assert [(one.rule, one.revision) for one in findings(project)] == [
        ("upgrade.only-in-one-go", "r2"),
        ("upgrade.only-in-one-go", "r3"),
    ]
    # At the head, too: its downgrade is judged, and that it cannot be applied again by itself is said already.
    assert project.check("upgrade", "downgrade").findings[2:] == ()


@pytest.mark.parametrize("second", [OLD_ENUM, ENUM.replace('"mood"))', '"mood_of_b"))')])
def test_an_enum_of_its_own_or_declared_as_there_is_green(project: TreeProject, second: str) -> None:
    project.revision("r1", None, ENUM.format(table="a"))
    project.revision("r2", "r1", second.format(table="b"))
    assert findings(project) == []


def test_an_enum_that_is_dropped_in_between_is_green(project: TreeProject) -> None:
    """Both ways make it, drop it and make it again. In one run Alembic's memory would skip CREATE TYPE."""
    project.revision("r1", None, 'sa.Enum("good", "bad", name="mood").create(op.get_bind())')
    project.revision("r2", "r1", 'op.execute("drop type mood")')
    project.revision("r3", "r2", ENUM.format(table="a"))
    assert findings(project) == []


def test_a_type_that_alembic_does_not_make_again_in_one_go(project: TreeProject) -> None:
    """The memory can also be what fails: the type was dropped in between, and Alembic believes that it is there."""
    project.revision("r1", None, ENUM.format(table="a"))
    project.revision("r2", "r1", 'op.drop_table("a"); op.execute("drop type mood")')
    project.revision("r3", "r2", ENUM.format(table="b"))
    assert [(one.rule, one.revision) for one in findings(project)] == [
        ("upgrade.failed", "r3"),
        ("upgrade.only-step-by-step", "r3"),
    ]


def test_what_is_set_for_one_transaction(project: TreeProject) -> None:
    project.revision("r1", None, 'op.execute("create schema s"); op.execute("set local search_path to s, public")')
    path = project.revision(
        "r2", "r1", 'op.execute("create table s.a (id int)"); op.execute("insert into a values (1)")'
    )
    (finding,) = findings(project)
    assert (finding.rule, finding.revision) == ("upgrade.only-in-one-go", "r2")
    assert path in (finding.fix or "")
    project.replace(path, "insert into a ", "insert into s.a ")
    assert findings(project) == []


@pytest.mark.parametrize(
    ("first", "second", "says", "fix"),
    [
        (ADD_VALUE, USE_VALUE, 'unsafe use of new value "odd"', "revision r2 (migrations/versions/r2.py:10)"),
        (
            EMPLOYEES,
            'op.add_column("employee", sa.Column("x", sa.Integer))',
            "pending trigger events",
            "set constraints",
        ),
    ],
)
def test_what_waits_for_a_commit(project: TreeProject, first: str, second: str, says: str, fix: str) -> None:
    project.revision("r1", None, MOOD)
    project.revision("r2", "r1", first)
    path = project.revision("r3", "r2", second)
    failed, one_way = findings(project)
    assert (failed.rule, one_way.rule) == ("upgrade.failed", "upgrade.only-step-by-step")
    assert says in failed.message
    for finding in (failed, one_way):
        assert finding.revision == "r3"
        assert finding.location is not None
        assert (finding.location.path, finding.location.line) == (path, 10)
        assert fix in (finding.fix or "")
        assert "transaction_per_migration=True" in (finding.fix or "")
    project.replace(
        "migrations/env.py", "connection=connection,", "connection=connection, transaction_per_migration=True,"
    )
    assert findings(project) == []


def test_a_value_that_is_committed_at_once_is_green(project: TreeProject) -> None:
    project.revision("r1", None, MOOD)
    project.revision("r2", "r1", f"with op.get_context().autocommit_block():\n        {ADD_VALUE}")
    project.revision("r3", "r2", USE_VALUE)
    assert findings(project) == []


def test_a_table_that_lands_in_another_schema(project: TreeProject) -> None:
    project.revision("r1", None, 'op.execute("create schema s"); op.execute("set local search_path to s, public")')
    path = project.revision("r2", "r1", 'op.execute("create table a (id int)")')
    (finding,) = findings(project)
    assert finding.rule == "upgrade.differs-step-by-step"
    assert (str(finding.object), finding.expected, finding.actual) == ("s.a", "s", "public")
    assert "lies in schema public when the upgrade is made step by step" in finding.message
    assert finding.revision == "r2"
    assert finding.location is not None
    assert (finding.location.path, finding.location.line) == (path, 10)
    project.replace(path, "create table a ", "create table public.a ")
    assert findings(project) == []


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_what_is_set_for_the_session_ends_with_it(tmp_path: Path, server: Server, driver: str) -> None:
    project = TreeProject(tmp_path, server, driver=driver)
    for name, sql in {"r1": "create schema s", "r2": "set search_path to s, public"}.items():
        project.revision(name, {"r2": "r1"}.get(name), f'op.execute("{sql}")')
    project.revision("r3", "r2", 'op.execute("create table a (id int)")')
    (finding,) = findings(project)
    assert (finding.rule, finding.revision) == ("upgrade.differs-step-by-step", "r3")
    assert (str(finding.object), finding.expected, finding.actual) == ("s.a", "s", "public")


def test_a_temporary_table_ends_with_its_session(project: TreeProject) -> None:
    project.revision("r1", None, 'op.execute("create temporary table names as select 1 as one")')
    project.revision("r2", "r1", 'op.execute("create table a as select * from names")')
    (finding,) = findings(project)
    assert (finding.rule, finding.revision) == ("upgrade.only-in-one-go", "r2")
    assert 'relation "names" does not exist' in finding.message


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_two_temporary_tables_of_one_name(tmp_path: Path, server: Server, driver: str) -> None:
    """In one go with a commit in between they meet, step by step they do not."""
    project = TreeProject(tmp_path, server, driver=driver, options=", transaction_per_migration=True")
    for name, below, kind in (("r1", None, "int"), ("r2", "r1", "text")):
        up = f'op.execute("create temporary table names (id {kind})"); op.get_bind().execute(sa.text("table names"))'
        project.revision(name, below, up)
    assert [one.rule for one in findings(project)] == ["upgrade.failed", "upgrade.only-step-by-step"]


def test_a_timeout_of_the_session_ends_with_it(project: TreeProject) -> None:
    project.revision("r1", None, 'op.execute("set statement_timeout = 50")')
    project.revision("r2", "r1", 'op.execute("select pg_sleep(0.2)")')
    assert [one.rule for one in findings(project)] == ["upgrade.failed", "upgrade.only-step-by-step"]


def test_what_env_py_sets_stays(tmp_path: Path, server: Server) -> None:
    setting = "; ".join(
        f'connection.execute(text("{sql}"))'
        for sql in (
            "create schema if not exists s",
            "set search_path to s, public",
            "set role pg_monitor",
            "reset role",
        )
    )
    project = TreeProject(tmp_path, server, before=f"{setting}; connection.commit()")
    project.revision("r1", None, "op.execute(\"set lock_timeout = '5s'\")")
    project.revision("r2", "r1", 'op.execute("create table a (id int)")', 'op.execute("drop table s.a")')
    assert findings(project) == []
    assert project.check("downgrade", "round-trip").findings == ()


def test_a_default_that_holds_the_time_of_the_run(project: TreeProject) -> None:
    up = 'import uuid; op.create_table("a", sa.Column("id", sa.Text, server_default=uuid.{}))'
    project.revision("r1", None, up.format("uuid4().hex"))
    (finding,) = findings(project)
    assert finding.rule == "upgrade.differs-step-by-step"
    assert finding.object is not None
    assert (finding.object.table, finding.object.name, finding.attribute) == ("a", "id", "default")
    assert finding.revision == "r1"
    project.revision("r1", None, up.format("UUID(int=1).hex"))
    assert findings(project) == []


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[TreeProject]:
    """A project on a server of its own: what takes all of a server's locks would be felt by other tests."""
    with open_server(Settings(server="embedded")) as server:
        yield TreeProject(tmp_path, server)


TAKE_ALL_LOCKS = """do $$
begin
    if current_database() like 'harness_deploy%' then
        for n in 1..100000 loop
            begin
                perform pg_advisory_lock(n);
            exception when out_of_memory then
                perform pg_sleep(3);
                perform pg_advisory_unlock_all();
                return;
            end;
        end loop;
    end if;
end $$"""
BEGIN_LATE = """connection.exec_driver_sql(
        "select pg_sleep(1.5) where starts_with(current_database(), 'harness_walk')"
    )
    connection.commit()"""


def test_the_walk_waits_where_the_upgrade_beside_it_leaves_it_no_lock_to_begin_with(alone: TreeProject) -> None:
    alone.revision("r1", None, f"op.execute({TAKE_ALL_LOCKS!r})")
    alone.replace(
        "migrations/env.py", "    context.configure(connection", f"    {BEGIN_LATE}\n    context.configure(connection"
    )
    assert findings(alone) == []


def test_more_locks_than_one_transaction_may_hold(alone: TreeProject) -> None:
    """Advisory locks stand for those on thousands of tables: they lie in the same part of memory, and are quick."""
    project = alone
    for name, below, first in (("r1", None, 1), ("r2", "r1", 10_000)):
        locks = f"select pg_advisory_xact_lock(n) from generate_series({first}, {first} + 8000) n"
        project.revision(name, below, f'op.execute("{locks}")')
    red = findings(project)
    assert [(one.rule, one.revision) for one in red] == [("upgrade.failed", "r2"), ("upgrade.only-step-by-step", "r2")]
    for finding in red:
        assert "max_locks_per_transaction" in (finding.detail or "")
        assert "transaction_per_migration=True" in (finding.fix or "")
        assert "raise max_locks_per_transaction" in (finding.fix or "")
    project.replace(
        "migrations/env.py", "connection=connection,", "connection=connection, transaction_per_migration=True,"
    )
    assert findings(project) == []


def test_a_history_that_does_not_begin_with_nothing(project: TreeProject) -> None:
    """The first tables of mlflow, buildbot and jupyterhub are made by create_all, and their history begins after it."""
    project.revision("r1", None, 'op.add_column("made_elsewhere", sa.Column("more", sa.Integer))')
    (finding,) = findings(project)
    assert finding.rule == "upgrade.failed"
    assert "let the history begin with a revision that makes them" in (finding.fix or "")


def test_what_this_server_has_not_installed_is_no_fault_of_the_revision(project: TreeProject) -> None:
    """A PostgreSQL from a wheel lacks extensions that the one which is deployed to has."""
    project.revision("r1")
    project.revision("r2", "r1", "op.execute('create extension not_installed_here')")
    report = project.check("upgrade", "downgrade", "round-trip", "drift", "offline")
    assert report.exit_code() == 3
    assert report.findings == ()
    assert {check.outcome for check in report.checks} == {"error"}
    (reason,) = [check.reason for check in report.checks if check.name == "upgrade"]
    assert reason is not None
    assert reason.startswith("This PostgreSQL lacks what the upgrade of revision r2 needs: ")
    assert "--server docker --image IMAGE" in reason
    assert "create extension not_installed_here" in reason


@pytest.mark.parametrize(
    ("message", "detail", "lacks"),
    [
        ('extension "postgis" is not available', "Could not open extension control file …", True),
        ('could not open extension control file "/usr/share/x.control": No such file or directory', None, True),
        ('could not access file "$libdir/postgis-3": No such file or directory', None, True),
        ("ICU is not supported in this build", None, True),
        ("compression method lz4 not supported", f"{NOT_BUILT_IN} lz4 support.", True),
        ('pg_cron must be loaded via "shared_preload_libraries"', None, True),
        ("cannot alter type of a column used by a view or rule", None, False),
        ('permission denied to create extension "hstore"', "Must be superuser to create this extension.", False),
        ('extension "hstore" already exists', None, False),
    ],
)
def test_what_a_server_lacks_is_told_from_what_a_revision_does(message: str, detail: str | None, lacks: bool) -> None:
    assert lacks_software(Failure("psycopg.errors.X", message, detail=detail)) is lacks
