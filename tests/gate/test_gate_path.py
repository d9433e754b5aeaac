"""Where names without a schema land is set for a role or a database, and the history says nothing of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from histories import sql, write_history
from live_databases import server_with_roles

import harness
from harness.environment import EnvironmentRun, Project
from harness.gate.path import SearchPath, path_of, split_path
from harness.server import ScratchDatabase, Server

HISTORY = {
    "first": (
        None,
        sql(
            "create table person (id int generated always as identity primary key, email text);"
            "create function f() returns int language sql as 'select 1'"
        ),
    ),
    "second": ("first", sql("alter table person add column name text; create table later (id int)")),
}
# An environment of its own, where the schema is not made by those who set the database up.
MAKES_ITS_OWN = {"first": (None, sql("create schema app; create table person (id int)"))}
MAKES_IF_MISSING = {"first": (None, sql("create schema if not exists app; create table person (id int)"))}
SET_UP = {
    "role": "alter role app set search_path = app",
    "role in database": "alter role app in database {database} set search_path = app, public",
    "database": "alter database {database} set search_path = app, public",
    "user": "select",
}


@pytest.fixture(scope="module")
def live_server() -> Iterator[Server]:
    with server_with_roles("app", "reporting") as opened:
        yield opened


@pytest.fixture
def live(live_server: Server) -> Iterator[ScratchDatabase]:
    """A database in which the role that deploys may do what it likes."""
    with live_server.create_database("live") as database:
        execute(database, f"grant all on database {database.name} to app", "grant all on schema public to app")
        yield database
        execute(database, "alter role app reset search_path")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return write_history(tmp_path, HISTORY)  # type: ignore[arg-type]  # a dict literal's values are not narrowed


def execute(database: ScratchDatabase, *statements: str) -> None:
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def deploy(database: ScratchDatabase, project: Project, target: str = "heads") -> None:
    with EnvironmentRun.start(project, re.sub(r"//[^@]*@", "//app:tell-nobody@", database.url)) as run:
        assert run.deploy(target).failure is None


def told(database: ScratchDatabase, server: Server, project: Project, **asked: object) -> list[str]:
    report = harness.gate(database.url, directory=project.directory, server=server, **asked)
    assert {check.outcome for check in report.checks} <= {"passed", "failed", "skipped"}, report.checks
    assert not [note for note in report.notes if "could not be copied" in note]
    return [f"{one.rule} {one.object}" for one in report.findings if one.rule != "gate.pending"]


def schema_of(database: ScratchDatabase, table: str) -> str:
    with database.connect() as connection:
        row = connection.execute(
            "select relnamespace::regnamespace::text from pg_class where relname = %s", [table]
        ).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("way", SET_UP)
def test_the_history_lands_where_it_lands_live(
    way: str, live: ScratchDatabase, server: Server, project: Project
) -> None:
    execute(live, "create schema app authorization app", SET_UP[way].format(database=live.name))
    # What a person grants who sets the database up is no part of the history either.
    execute(live, "grant usage on schema app to reporting")
    deploy(live, project, "first")
    assert schema_of(live, "person") == "app"
    assert told(live, server, project) == []
    execute(live, "alter table app.person drop column email")
    assert told(live, server, project) == ["gate.drift.column.missing app.person.email"]
    deploy(live, project)
    assert told(live, server, project) == ["gate.drift.column.missing app.person.email"]


def test_what_is_pending_fails_where_it_would_live(live: ScratchDatabase, server: Server, project: Project) -> None:
    execute(live, "create schema app authorization app", SET_UP["role"])
    deploy(live, project, "first")
    execute(live, "create table app.later (id int)")
    assert told(live, server, project) == ["gate.drift.table.extra app.later", "gate.rehearsal-failed None"]


def test_without_a_version_table(live: ScratchDatabase, server: Server, project: Project) -> None:
    execute(live, "create schema app authorization app", SET_UP["role"])
    deploy(live, project, "first")
    execute(live, "drop table app.alembic_version")
    assert told(live, server, project, stands_at=["first"], skip=["revision"]) == []


def test_a_version_table_whose_schema_env_py_names(live: ScratchDatabase, server: Server, tmp_path: Path) -> None:
    project = write_history(tmp_path, HISTORY, options="version_table_schema='public'")  # type: ignore[arg-type]
    execute(live, "create schema app authorization app", SET_UP["role"])
    deploy(live, project, "first")
    assert (schema_of(live, "person"), schema_of(live, "alembic_version")) == ("app", "public")
    assert told(live, server, project) == []


def test_the_owner_is_not_who_logs_in(live: ScratchDatabase, server: Server, project: Project) -> None:
    execute(live, "create schema app authorization app", SET_UP["role"])
    deploy(live, project, "first")
    owned = ("app.person", "app.alembic_version")
    execute(live, *(f"alter table {table} owner to reporting" for table in owned))
    execute(live, "alter function app.f() owner to reporting", "alter schema app owner to reporting")
    execute(live, "revoke all on schema public from app")
    assert told(live, server, project) == []


def test_the_scratch_server_has_a_path_of_its_own(live: ScratchDatabase, server: Server, project: Project) -> None:
    execute(live, "create schema app authorization app", SET_UP["database"].format(database=live.name))
    deploy(live, project, "first")
    with psycopg.connect(server.url, autocommit=True) as connection:
        before = connection.execute("select setconfig from pg_db_role_setting").fetchall()
        connection.execute("alter role current_user set search_path = nowhere, public")
        try:
            assert told(live, server, project) == []
        finally:
            connection.execute("alter role current_user reset search_path")
        # What the scratch databases were given goes with them.
        assert connection.execute("select setconfig from pg_db_role_setting").fetchall() == before


def test_an_empty_database(live: ScratchDatabase, server: Server, project: Project) -> None:
    execute(live, "create schema app authorization app", SET_UP["database"].format(database=live.name))
    assert told(live, server, project) == ["gate.no-version-table None"]


@pytest.mark.parametrize("history", [MAKES_ITS_OWN, MAKES_IF_MISSING], ids=["plainly", "if it is missing"])
@pytest.mark.parametrize("is_there", [False, True], ids=["new", "there"])
def test_the_history_makes_the_schema_itself(
    history: dict[str, tuple[None, str]], is_there: bool, live: ScratchDatabase, server: Server, tmp_path: Path
) -> None:
    project = write_history(tmp_path, history)  # type: ignore[arg-type]  # a dict is not covariant
    execute(live, SET_UP["role in database"].format(database=live.name))
    if is_there and history is MAKES_IF_MISSING:
        execute(live, "create schema app authorization app")
    deploy(live, project)
    if is_there and history is MAKES_ITS_OWN:
        # As after a restore, or with a version table that was moved.
        execute(live, "alter table public.alembic_version set schema app")
    assert schema_of(live, "person") == "app"
    assert schema_of(live, "alembic_version") == ("app" if is_there else "public")
    assert told(live, server, project) == []
    execute(live, "create table app.extra (id int)")
    assert told(live, server, project) == ["gate.drift.table.extra app.extra"]


def test_an_env_py_that_sets_its_own_path_wins(live: ScratchDatabase, server: Server, tmp_path: Path) -> None:
    project = write_history(tmp_path, HISTORY)  # type: ignore[arg-type]  # the same
    env = tmp_path / "migrations" / "env.py"
    text = env.read_text()
    opened = "with engine.connect() as connection:\n"
    assert opened in text
    put = f"{opened}        connection.exec_driver_sql('create schema if not exists own')\n"
    put += "        connection.exec_driver_sql('set search_path = own')\n        connection.commit()\n"
    env.write_text(text.replace(opened, put))
    execute(live, "create schema app authorization app", SET_UP["role"])
    deploy(live, project, "first")
    assert schema_of(live, "person") == "own"
    assert told(live, server, project) == []
    execute(live, "create table app.extra (id int)")
    assert told(live, server, project, skip=["rehearsal"]) == ["gate.drift.table.extra app.extra"]


def test_a_path_that_is_newer_than_the_deploy_is_told(live: ScratchDatabase, server: Server, project: Project) -> None:
    deploy(live, project)
    assert told(live, server, project) == []
    execute(live, "create schema app", f"alter database {live.name} set search_path = app, public")
    assert told(live, server, project) == ["gate.drift.schema.extra app", "gate.drift.setting.extra search_path"]


def test_the_tables_were_given_to_another_role(live: ScratchDatabase, server: Server, tmp_path: Path) -> None:
    """One whose own schema exists and never led the history."""
    up = sql("create schema app; create table app.named (id int); create table person (id int); create table pet ()")
    project = write_history(tmp_path, {"first": (None, up)})
    with EnvironmentRun.start(project, live.url) as run:
        assert run.deploy("heads").failure is None
    owned = ("app.named", "person", "pet", "alembic_version")
    execute(live, *(f"alter table {table} owner to app" for table in owned), "alter schema app owner to app")
    assert told(live, server, project) == []
    execute(live, "drop table person")
    assert told(live, server, project) == ["gate.drift.table.missing public.person"]


def test_many_databases_with_different_paths(live_server: Server, server: Server, project: Project) -> None:
    schemas = {"one": "one", "other": "other", "again": "one"}
    made: list[ScratchDatabase] = []
    try:
        for name, schema in schemas.items():
            database = live_server.create_database(name)
            made.append(database)
            execute(database, f"grant all on database {database.name} to app", "create schema one authorization app")
            execute(database, "create schema other authorization app")
            execute(database, f"alter role app in database {database.name} set search_path = {schema}")
            deploy(database, project, "first")
            execute(database, f"drop schema {'other' if schema == 'one' else 'one'}")
        report = harness.gate(databases=[one.url for one in made], directory=project.directory, server=server)
        assert {check.outcome for check in report.checks} == {"passed"}, report
        assert {one.rule for one in report.findings} == {"gate.pending"}
    finally:
        for database in made:
            database.drop()


@pytest.mark.parametrize(
    ("setting", "versions_in", "inhabited", "expected"),
    [
        (None, "public", ["public"], None),
        (None, None, [], None),
        ("public, app", "public", ["public"], None),
        ("app", "app", [], SearchPath(("app",), frozenset({"app"}))),
        ("app, public", "public", ["app"], SearchPath(("app", "public"), frozenset())),
        ("app", None, ["public"], None),
        ("app", None, ["app"], SearchPath(("app",), frozenset({"app"}))),
        ("app", None, [], SearchPath(("app",), frozenset({"app"}))),
        (None, "app", [], SearchPath(("app", "public"), frozenset({"app"}))),
        ("shut, app", "app", [], SearchPath(("app",), frozenset({"app"}))),
        ("pg_catalog, app", "app", [], SearchPath(("app",), frozenset({"app"}))),
        ("app, tools, public", "app", [], SearchPath(("app", "tools", "public"), frozenset({"app", "tools"}))),
    ],
)
def test_the_path_that_a_setting_means(
    setting: str | None, versions_in: str | None, inhabited: list[str], expected: SearchPath | None
) -> None:
    usable, closed = ["app", "public", "tools"], ["shut"]
    assert path_of("who", setting, usable, closed, versions_in=versions_in, inhabited=inhabited) == expected


def test_the_users_own_schema() -> None:
    path = SearchPath(("app", "public"), frozenset({"app"}))
    assert path_of("app", None, ["app", "public"], [], versions_in="app", inhabited=["app"]) == path
    assert path_of("app", None, ["app", "public"], [], versions_in="public", inhabited=["public"]) == SearchPath(
        ("app", "public"), frozenset()
    )


def test_names_in_a_setting() -> None:
    assert split_path('"$user", public') == ["$user", "public"]
    assert split_path('App,"App", "a ""b"", c" ,x') == ["app", "App", 'a "b", c', "x"]
    assert split_path('""') == [""]
    assert split_path("") == []
