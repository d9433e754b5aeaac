"""Tenant-style projects: names without a schema land in a schema of the tenant's, and nothing is mistaken for that."""

from __future__ import annotations

from pathlib import Path

import pytest
from tree_project import TreeProject, serious

from harness.findings import Severity
from harness.server import Server

MAKE = 'connection.execute(text("create schema if not exists tenant")); '
SEARCH_PATH = MAKE + 'connection.execute(text("set search_path to tenant")); connection.commit()'
# https://alembic.sqlalchemy.org/en/latest/cookbook.html#rudimental-schema-level-multi-tenancy-for-postgresql-databases
COOKBOOK = SEARCH_PATH + '; connection.dialect.default_schema_name = "tenant"'
WITH_PUBLIC = COOKBOOK.replace("to tenant", "to tenant, public")
TRANSLATED = MAKE + (
    'connection.commit(); connection = connection.execution_options(schema_translate_map={None: "tenant"})'
)
STYLES = {"search-path": SEARCH_PATH, "cookbook": COOKBOOK, "with-public": WITH_PUBLIC}


def write(project: TreeProject) -> TreeProject:
    enum = 'sa.Enum("good", "bad", name="mood")'
    table = f'op.create_table("person", sa.Column("id", sa.Integer, primary_key=True), sa.Column("mood", {enum}))'
    project.revision("r1", None, table, f'op.drop_table("person"); {enum}.drop(op.get_bind())')
    project.revision("r2", "r1")
    project.write("models.py", project.read("models.py") + "from sqlalchemy import Enum\n")
    project.model("person", 'Column("id", Integer, primary_key=True), Column("mood", Enum("good", "bad", name="mood"))')
    return project


@pytest.fixture(params=STYLES, ids=str)
def project(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> TreeProject:
    return write(TreeProject(tmp_path, server, before=STYLES[request.param]))


def test_the_tenants_schema_is_no_drift(project: TreeProject) -> None:
    report = project.check(skip=["offline"])
    assert serious(report) == []
    assert {check.outcome for check in report.checks} == {"passed"}


def test_a_translated_schema_is_no_drift(tmp_path: Path, server: Server) -> None:
    """Alembic itself does not translate when it reflects, so `autogenerate` is left out."""
    project = write(TreeProject(tmp_path, server, before=TRANSLATED, options=', version_table_schema="tenant"'))
    report = project.check(skip=["offline", "autogenerate"])
    assert serious(report) == []
    assert {check.outcome for check in report.checks} == {"passed"}
    project.model("forgotten", 'Column("id", Integer, primary_key=True)')
    (finding,) = serious(project.check("drift"))
    assert (finding.rule, str(finding.object)) == ("drift.table.missing", "tenant.forgotten")


def test_drift_in_the_tenants_schema_is_found(project: TreeProject) -> None:
    path = project.revision("r3", "r2", 'op.alter_column("person", "mood", nullable=False)')
    project.model("forgotten", 'Column("id", Integer, primary_key=True)')
    found = {finding.rule: finding for finding in project.check("drift").findings if finding.severity is Severity.ERROR}
    assert set(found) == {"drift.table.missing", "drift.column.nullable"}
    nullable, missing = found["drift.column.nullable"], found["drift.table.missing"]
    assert str(nullable.object) == "tenant.person.mood"
    assert nullable.location is not None
    assert nullable.location.path == "models.py"
    assert nullable.revision == path.rpartition("/")[2].removesuffix(".py")
    assert str(missing.object) == "tenant.forgotten"
    for finding in found.values():
        assert "autogenerate` sees it" in (finding.detail or "")


def test_filters_see_the_default_schema_as_none(project: TreeProject) -> None:
    project.revision("r3", "r2", 'op.create_table("legacy", sa.Column("id", sa.Integer))')
    assert [finding.rule for finding in serious(project.check("drift"))] == ["drift.table.extra"]
    project.replace(
        "migrations/env.py",
        "context.configure(connection=connection,",
        "context.configure(connection=connection, "
        "include_name=lambda name, kind, parents: (name, parents.get('schema_name')) != ('legacy', None),",
    )
    assert serious(project.check("drift")) == []


def test_several_tenants_in_one_run_are_told(tmp_path: Path, server: Server) -> None:
    """Only the first is walked step by step, and what the others have is no difference between the two ways up."""
    project = write(TreeProject(tmp_path, server, options=", version_table_schema=tenant"))
    for line in ("def migrate(connection):", "def offline():"):
        project.write("migrations/env.py", project.read("migrations/env.py").replace(line, f"{line[:-2]}, tenant):"))
    text = project.read("migrations/env.py").replace("(, tenant)", "(tenant)")
    text = text.replace("    offline()", '    offline("one")').replace(
        "        migrate(connection)",
        "        for tenant in ('one', 'two'):\n"
        "            connection.execute(text(f'create schema if not exists {tenant}'))\n"
        "            connection.execute(text(f'set search_path to {tenant}'))\n"
        "            connection.commit()\n"
        "            migrate(connection, tenant)",
    )
    project.write("migrations/env.py", text)
    report = project.check("upgrade", "round-trip")
    assert [finding.rule for finding in report.findings] == ["upgrade.several-runs"]
    assert report.exit_code() == 0
    assert report.exit_code(Severity.WARNING) == 1
