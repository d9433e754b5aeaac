"""A deploy that takes on a role of the live server, which the scratch server does not have."""

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
from harness.server import ScratchDatabase, Server

HISTORY = {
    "first": (
        None,
        sql(
            "set role owner_app; create table person (id int primary key); create schema inner_app;"
            "create table inner_app.pet (id int references person);"
            "alter default privileges grant select on tables to reporting; grant select on person to reporting;"
            "reset role"
        ),
    ),
    "second": ("first", sql("set role other_owner; create table later (id int); reset role")),
}
ROLES = ("app", "owner_app", "other_owner", "reporting")


@pytest.fixture(scope="module")
def live_server() -> Iterator[Server]:
    with server_with_roles(*ROLES) as opened:
        with opened.connect() as connection:
            connection.execute("grant owner_app, other_owner to app")
        yield opened


@pytest.fixture
def live(live_server: Server) -> Iterator[ScratchDatabase]:
    with live_server.create_database("live") as database:
        execute(database, f"grant create on database {database.name} to owner_app")
        execute(database, "grant create, usage on schema public to app, owner_app, other_owner")
        yield database


def execute(database: ScratchDatabase, *statements: str) -> None:
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def deploy(database: ScratchDatabase, project: Project, target: str) -> None:
    with EnvironmentRun.start(project, re.sub(r"//[^@]*@", "//app:tell-nobody@", database.url)) as run:
        assert run.deploy(target).failure is None


def roles(server: Server) -> list[str]:
    with psycopg.connect(server.url) as connection:
        return [row[0] for row in connection.execute("select rolname from pg_roles order by 1").fetchall()]


def told(database: ScratchDatabase, server: Server, project: Project) -> list[str]:
    # What a person grants on `public` is drift, and another matter.
    report = harness.gate(database.url, directory=project.directory, server=server, ignore=["*:public"])
    assert {check.outcome for check in report.checks} <= {"passed", "failed", "skipped"}, report.checks
    return [f"{one.rule} {one.object}" for one in report.findings if one.rule != "gate.pending"]


def test_a_revision_takes_on_a_role(live: ScratchDatabase, server: Server, tmp_path: Path) -> None:
    project = write_history(tmp_path, HISTORY)  # type: ignore[arg-type]  # a dict literal's values are not narrowed
    deploy(live, project, "first")
    before = roles(server)
    assert told(live, server, project) == []
    assert roles(server) == before
    execute(live, "revoke select on person from reporting", "drop table inner_app.pet")
    assert told(live, server, project) == [
        "gate.drift.table.missing inner_app.pet",
        "gate.drift.table.grants public.person",
    ]
    assert roles(server) == before


def test_env_py_takes_on_a_role(live: ScratchDatabase, server: Server, tmp_path: Path) -> None:
    up = sql("create table person (id int)")
    project = write_history(tmp_path, {"first": (None, up), "second": ("first", sql("create table later (id int)"))})
    env = tmp_path / "migrations" / "env.py"
    opened = "with engine.connect() as connection:\n"
    taken = f"{opened}        connection.exec_driver_sql('set role owner_app')\n        connection.commit()\n"
    assert opened in env.read_text()
    env.write_text(env.read_text().replace(opened, taken))
    before = roles(server)
    assert told(live, server, project) == ["gate.no-version-table None"]
    deploy(live, project, "first")
    assert told(live, server, project) == []
    execute(live, "drop table person")
    assert told(live, server, project) == ["gate.drift.table.missing public.person"]
    assert roles(server) == before


def test_a_role_that_the_live_server_does_not_have(live: ScratchDatabase, server: Server, tmp_path: Path) -> None:
    nobody = sql("set role nobody_at_all; create table later (id int); reset role")
    project = write_history(tmp_path, {"first": HISTORY["first"], "second": ("first", nobody)})  # type: ignore[dict-item]
    deploy(live, project, "first")
    assert told(live, server, project) == ["gate.rehearsal-failed None"]
