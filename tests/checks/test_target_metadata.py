"""What `env.py` passes as target_metadata: a MetaData in one of the ways that Alembic takes, or else a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
from tree_project import TreeProject

from harness.server import Server

BASE = """
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass


class Registry:
    metadata = metadata
"""


@pytest.fixture
def project(tmp_path: Path, server: Server) -> TreeProject:
    made = TreeProject(tmp_path, server)
    create = 'op.create_table("person", sa.Column("id", sa.Integer, primary_key=True))'
    made.revision("r1", None, create, 'op.drop_table("person")')
    made.write("models.py", made.read("models.py") + BASE)
    made.model("person", 'Column("id", Integer, primary_key=True)')
    return made


def passing(project: TreeProject, what: str) -> TreeProject:
    project.write(
        "migrations/env.py", "import models\n" + project.read("migrations/env.py").replace("=metadata", f"={what}")
    )
    return project


@pytest.mark.parametrize(
    ("what", "described", "fix"),
    [
        ("models.Base", "the class Base", "Pass the MetaData: target_metadata = Base.metadata."),
        ("[metadata, models.Base]", "the class Base", "Pass the MetaData: target_metadata = Base.metadata."),
        ("models", "the module models", "Pass the MetaData: target_metadata = models.metadata."),
        ("models.Registry()", "an object of the class Registry", "Pass the MetaData: target_metadata = Base.metadata."),
        ("'metadata'", "an object of the class str", "Pass the MetaData: target_metadata = Base.metadata."),
        ('{"one": metadata}', "a dictionary", "Pass a list: target_metadata = [*target_metadata.values()]."),
    ],
)
def test_what_is_no_metadata_is_said(project: TreeProject, what: str, described: str, fix: str) -> None:
    report = passing(project, what).check()
    results = {check.name: check for check in report.checks}
    assert results["imports"].outcome == "error"
    told = f"env.py passes {described} as target_metadata, which is no MetaData. {fix}"
    assert results["imports"].reason == told
    assert results["drift"].outcome == "error"
    assert {finding.rule for finding in report.findings} == {"autogenerate.failed"}
    assert report.findings[0].fix == fix
    # It has no part in a migration.
    assert {results[name].outcome for name in ("graph", "upgrade", "downgrade", "round-trip", "offline")} == {"passed"}


@pytest.mark.parametrize(
    "what",
    ["metadata", "[metadata]", "(metadata,)", "{metadata}", "[models.Base.metadata, metadata]"],
)
def test_what_alembic_takes_is_taken(project: TreeProject, what: str) -> None:
    report = passing(project, what).check()
    assert [(finding.rule, finding.message) for finding in report.findings] == []
    assert {check.outcome for check in report.checks} == {"passed"}
