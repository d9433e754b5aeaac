"""A schema for each tenant: each is judged by what the history makes in a schema of its name."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from tenants import deploy, write_project

import harness
from harness.findings import Report, UsageError
from harness.report.text import summary
from harness.server import ScratchDatabase, Server

NAMES = ("a", "acme", "Tenant 7", "table")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("tenants"))


@pytest.fixture(scope="module")
def deployed(server: Server, root: Path) -> Iterator[ScratchDatabase]:
    """A database in which alembic itself brought the schemas of some tenants to head, and one other schema stands."""
    with server.create_database("tenants") as database:
        with database.connect() as connection:
            for name in (*NAMES, "behind", "new"):
                connection.execute(sql.SQL("create schema {}").format(sql.Identifier(name)))
            connection.execute("create schema shared; create table shared.setting (id int)")
        deploy(root, database.url, NAMES)
        deploy(root, database.url, ["behind"], "first")
        yield database


@pytest.fixture
def live(server: Server, deployed: ScratchDatabase) -> Iterator[ScratchDatabase]:
    """A copy of it for one test."""
    with server.create_database("live", template=deployed) as database:
        yield database


def gate(database: ScratchDatabase, glob: str, server: Server, root: Path, **asked: Any) -> Report:
    return harness.gate(database.url, schemas=glob, directory=root, server=server, x=["tenant={schema}"], **asked)


def test_each_tenant_gets_its_verdict(live: ScratchDatabase, server: Server, root: Path) -> None:
    with live.connect() as connection:
        for name in ("a", "acme"):
            connection.execute(f"alter table {name}.customer add column added_by_hand text".encode())
        connection.execute("alter type \"table\".state add value 'maybe'")
    report = gate(live, "[!s]*", server, root)
    assert [(result.name, result.outcome, result.reason) for result in report.checks] == [
        ("schema Tenant 7", "passed", "at second, nothing pending, no finding"),
        ("schema a", "failed", "at second, nothing pending, 1 finding"),
        ("schema acme", "failed", "at second, nothing pending, 1 finding"),
        ("schema behind", "passed", "at first, 1 pending, no finding"),
        ("schema new", "passed", "at the base of the history, 2 pending, 1 finding"),
        ("schema public", "passed", "at the base of the history, 2 pending, 1 finding"),
        ("schema table", "failed", "at second, nothing pending, 1 finding"),
    ]
    assert summary(report).startswith("Failed: 3 of 7 schemas (schema a, schema acme, schema table), with 3 errors")
    drift = {one.database: one for one in report.findings if one.rule.startswith("gate.drift")}
    assert [(name, one.rule, str(one.object)) for name, one in drift.items()] == [
        ("schema a", "gate.drift.column.extra", "a.customer.added_by_hand"),
        ("schema acme", "gate.drift.column.extra", "acme.customer.added_by_hand"),
        ("schema table", "gate.drift.enum.labels", "table.state"),
    ]
    # The second of two that are alike was told by the first, in words of its own; the history names no tenant.
    assert [result.seconds > 0 for result in report.checks if result.name in ("schema a", "schema acme")] == [
        True,
        False,
    ]
    fix = drift["schema acme"].fix or ""
    assert "alter table acme.customer drop column added_by_hand;" in fix
    assert 'op.add_column("customer", ' in fix
    assert "schema=" not in fix
    assert "The live database has the column acme.customer.added_by_hand" in drift["schema acme"].message
    assert report.exit_code() == 1


def test_untouched_tenants_are_green_and_alike(live: ScratchDatabase, server: Server, root: Path) -> None:
    report = gate(live, "*a*", server, root, select=["revision", "drift"])
    judged = {result.name: result for result in report.checks if result.name != "schema shared"}
    assert {"schema a", "schema acme", "schema Tenant 7", "schema table"} == set(judged)
    assert {result.outcome for result in judged.values()} == {"passed"}
    assert sum(result.seconds > 0 for result in judged.values()) == 1


def test_a_schema_with_tables_and_no_version_table(live: ScratchDatabase, server: Server, root: Path) -> None:
    report = gate(live, "shared", server, root)
    assert [one.rule for one in report.findings if one.rule != "gate.pending"] == ["gate.no-version-table"]
    assert report.exit_code() == 1


def test_a_pending_revision_that_fails_on_one_tenant(live: ScratchDatabase, server: Server, root: Path) -> None:
    with live.connect() as connection:
        connection.execute("create index customer_state_idx on behind.customer (state)")
    report = gate(live, "behind", server, root, select=["rehearsal"])
    (finding,) = (one for one in report.findings if one.rule == "gate.rehearsal-failed")
    assert (finding.revision, finding.database) == ("second", "schema behind")
    assert "already exists" in finding.message


def test_a_baseline_of_tenants(live: ScratchDatabase, server: Server, root: Path, tmp_path: Path) -> None:
    with live.connect() as connection:
        connection.execute("drop index a.customer_state_idx")
    file = str(tmp_path / "known.json")
    assert gate(live, "a*", server, root, write_baseline=file).exit_code() == 0
    (entry,) = json.loads(Path(file).read_text())["findings"]
    assert entry["database"] == "schema a"
    with live.connect() as connection:
        connection.execute("drop index acme.customer_state_idx")
    report = gate(live, "a*", server, root, baseline=file)
    assert [result.outcome for result in report.checks] == ["passed", "failed"]


def test_calls_that_are_wrong(live: ScratchDatabase, server: Server, root: Path) -> None:
    with pytest.raises(UsageError, match=r"-x tenant=\{schema\}"):
        harness.gate(live.url, schemas="a", directory=root, server=server)
    with pytest.raises(UsageError, match=r"No schema of .* matches 'nobody_\*'"):
        gate(live, "nobody_*", server, root)
    with pytest.raises(UsageError, match="either one database or a list"):
        harness.gate(schemas="a", directory=root, server=server)


def test_the_command(live: ScratchDatabase, server: Server, root: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "harness", "gate", live.url, "--schemas", "a*", "-x", "tenant={schema}"),
            *("--server", server.url, "--format", "json"),
        ],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert [check["name"] for check in report["checks"]] == ["schema a", "schema acme"]
    assert "live: 2 schemas of postgresql://postgres:***@" in report["server"]["why"]


def test_an_env_py_that_names_the_schema_of_the_version_table(
    server: Server, live: ScratchDatabase, tmp_path: Path
) -> None:
    project = write_project(tmp_path)
    env = project / "alembic" / "env.py"
    env.write_text(env.read_text().replace("target_metadata=None", "target_metadata=None, version_table_schema=tenant"))
    env.write_text(env.read_text().replace("literal_binds=True", "literal_binds=True, version_table_schema=tenant"))
    report = gate(live, "*a*", server, project, select=["revision", "drift"])
    judged = {result.name: result.outcome for result in report.checks if result.name != "schema shared"}
    assert judged == dict.fromkeys(("schema Tenant 7", "schema a", "schema acme", "schema table"), "passed")


def test_a_revision_that_adopts_names_no_tenant(live: ScratchDatabase, server: Server, root: Path) -> None:
    by_hand = (
        "create table note (at state default 'on', n int default nextval('number'), host text default 'acme.org');"
        "create or replace view active as select id from customer"
    )
    with live.connect() as connection:
        for name in ("acme", "Tenant 7"):
            connection.execute(sql.SQL("set search_path = {}; create sequence number").format(sql.Identifier(name)))
            connection.execute(by_hand.encode())
    report = gate(live, "*[7e]", server, root, select=["drift"])
    adoptions: dict[str | None, list[str]] = {}
    for finding in report.findings:
        adoptions.setdefault(finding.database, []).append((finding.fix or "").partition("\nOr to adopt it")[2])
    for texts in (adoptions["schema acme"], adoptions["schema Tenant 7"]):
        told = "\n".join(texts).replace(r"\'", "'")
        assert len(texts) == 3
        assert "Tenant 7" not in told
        assert "acme." not in told.replace("'acme.org'", "")
        assert "nextval('number'::regclass)" in told
        assert "'acme.org'" in told
