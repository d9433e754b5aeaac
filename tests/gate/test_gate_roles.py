"""Who runs a history is chance: the scratch server's superuser here, a role of the application there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from histories import sql, write_history, write_revision
from live_databases import server_with_roles

import harness
from harness.environment import EnvironmentRun, Project
from harness.server import ScratchDatabase, Server

HISTORY = {
    "first": (
        None,
        sql(
            "create table person (id int generated always as identity primary key, email text);"
            "create function f() returns int language sql as 'select 1';"
            "revoke all on function f() from public;"
            "create type mood as enum ('x');"
            "grant select on person to reporting; grant select (email) on person to deployer;"
            "grant all on person to deployer;"
            "alter default privileges grant select on tables to reporting;"
            "alter default privileges grant usage on sequences to reporting;"
            "alter table person enable row level security;"
            "create policy own on person to deployer using (true);"
        ),
    ),
    "second": ("first", sql("create table later (id int); grant insert on later to reporting")),
}
ROLES = ("deployer", "reporting", "auditor")


@pytest.fixture(scope="module")
def live_server() -> Iterator[Server]:
    """A server with roles that the scratch server does not have."""
    with server_with_roles(*ROLES) as opened:
        yield opened


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return write_history(tmp_path, HISTORY)  # type: ignore[arg-type]  # a dict literal's values are not narrowed


@pytest.fixture
def live(live_server: Server, project: Project) -> Iterator[ScratchDatabase]:
    """A database that the application's role has upgraded, as those who administer it let it."""
    with live_server.create_database("live") as database:
        execute(database, "grant all on schema public to deployer")
        with EnvironmentRun.start(project, url_of(database, "deployer")) as run:
            assert run.deploy("first").failure is None
        yield database


def url_of(database: ScratchDatabase, role: str) -> str:
    return re.sub(r"//[^@]*@", f"//{role}:tell-nobody@", database.url)


def execute(database: ScratchDatabase, *statements: str) -> None:
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def roles(server: Server) -> list[str]:
    with psycopg.connect(server.url) as connection:
        return [row[0] for row in connection.execute("select rolname from pg_roles order by 1").fetchall()]


def told(database: ScratchDatabase, server: Server, project: Project, **asked: object) -> list[str]:
    report = harness.gate(database.url, directory=project.directory, server=server, **asked)
    assert {check.outcome for check in report.checks} <= {"passed", "failed"}, report.checks
    return [f"{one.rule} {one.object}" for one in report.findings if one.rule != "gate.pending"]


def test_another_role_ran_the_history(live: ScratchDatabase, server: Server, project: Project) -> None:
    before = roles(server)
    assert told(live, server, project) == []
    assert roles(server) == before


def test_what_other_roles_may_do_is_compared(live: ScratchDatabase, server: Server, project: Project) -> None:
    execute(live, "grant select on person to auditor", "revoke select on person from reporting")
    execute(live, "set role deployer; alter default privileges revoke select on tables from reporting")
    execute(live, "alter policy own on person to auditor")
    assert told(live, server, project) == [
        "gate.drift.default-privileges.missing tables of deployer",
        "gate.drift.policy.roles public.person.own",
        "gate.drift.table.grants public.person",
        # What the next revision makes would not be readable for those who are meant to read it.
        "gate.rehearsal.table.grants public.later",
    ]
    assert told(live, server, project, grants=False) == ["gate.drift.policy.roles public.person.own"]
    assert told(live, server, project, grants=False, policies=False) == []


def test_a_table_that_somebody_else_made(live: ScratchDatabase, server: Server, project: Project) -> None:
    execute(live, "alter table person owner to auditor", "grant all on table person to deployer")
    assert told(live, server, project) == []
    execute(live, "create table mine (id int)", "grant select on mine to deployer")
    assert told(live, server, project) == ["gate.drift.table.extra public.mine"]


def test_the_repair_names_the_roles_of_the_live_server(live: ScratchDatabase, server: Server, project: Project) -> None:
    execute(live, "revoke select on person from reporting")
    execute(live, "set role deployer; alter default privileges revoke select on tables from reporting")
    report = harness.gate(live.url, directory=project.directory, server=server, select=["drift"])
    for finding in report.findings:
        statement = (finding.fix or "").partition(":\n")[2].partition("\nOr ")[0]
        execute(live, statement)
    assert told(live, server, project) == []
    # Nor does it take away what the role that deploys may do with its own tables.
    execute(live, "set role deployer; create table public.later (id int); select * from public.later")


def test_a_revision_that_adopts_names_no_role_that_deploys(
    live: ScratchDatabase, server: Server, project: Project
) -> None:
    execute(live, "set role deployer; alter default privileges revoke select on tables from reporting")
    (finding,) = harness.gate(live.url, directory=project.directory, server=server, select=["drift"]).findings
    adoption = (finding.fix or "").partition("\nOr ")[2].partition(":")[2].strip()
    assert adoption == 'op.execute("alter default privileges revoke select on tables from reporting")'
    write_revision(project.directory, "adopted", "first", adoption)
    write_revision(project.directory, "second", "adopted")
    execute(live, "update alembic_version set version_num = 'adopted'")
    assert told(live, server, project) == []


def test_the_repair_knows_what_the_role_that_deploys_gives_at_once(
    live: ScratchDatabase, server: Server, project: Project
) -> None:
    execute(live, "drop table person", "drop function f()", "set role deployer; create table extra (id int)")
    execute(live, "revoke select on extra from reporting")
    report = harness.gate(live.url, directory=project.directory, server=server, select=["drift"])
    adoption = next(one.fix or "" for one in report.findings if "extra" in one.rule).partition("\nOr ")[2]
    assert 'op.execute("revoke select on table public.extra from reporting")' in adoption
    for finding in report.findings:
        statement = (finding.fix or "").partition(":\n")[2].partition("\nOr ")[0]
        execute(live, f"set role deployer; {statement}")
    assert told(live, server, project) == []
