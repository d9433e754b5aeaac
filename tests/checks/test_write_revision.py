"""`--write-revision`: what it writes turns the next check green, both ways."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_copy import ProjectCopy

import harness
from harness.findings import UsageError


def drift_in_several_ways(project: ProjectCopy) -> None:
    project.replace(
        "sample_app/models/user.py",
        '    __tablename__ = "app_user"\n',
        '    __tablename__ = "app_user"\n    nickname: Mapped[str | None] = mapped_column(index=True)\n',
    )
    project.write(
        "alembic/versions/ffff0001.py",
        '"""drift"""\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "ffff0001"\n'
        'down_revision = "a2816e9fd07c"\n\n\ndef upgrade():\n'
        '    op.alter_column("shipment", "carrier", nullable=True, server_default="post")\n'
        '    op.create_table("legacy", sa.Column("id", sa.Integer, primary_key=True))\n\n\ndef downgrade():\n'
        '    op.alter_column("shipment", "carrier", nullable=False, server_default=None)\n'
        '    op.drop_table("legacy")\n',
    )


def written_files(project: ProjectCopy) -> list[Path]:
    return [path for path in (project.directory / "alembic/versions").glob("*.py") if "repair" in path.name]


def test_the_written_revision_repairs_the_drift_and_can_be_taken_back(sample: ProjectCopy) -> None:
    drift_in_several_ways(sample)
    report = sample.check("drift", write_revision="repair drift")
    assert len(report.findings) >= 4
    (path,) = written_files(sample)
    assert any(path.name in note for note in report.notes)
    after = sample.check("graph", "upgrade", "downgrade", "drift", "autogenerate")
    assert after.exit_code() == 0, (path.read_text(), after.to_dict())
    assert [finding for finding in after.findings if finding.severity is not harness.Severity.INFO] == []


def test_what_the_project_ignores_is_not_repaired(sample: ProjectCopy) -> None:
    drift_in_several_ways(sample)
    sample.check("drift", write_revision="repair drift", ignore=["legacy"])
    (path,) = written_files(sample)
    assert "legacy" not in path.read_text()
    assert "nickname" in path.read_text()


def test_nothing_is_written_where_nothing_is_wrong(sample: ProjectCopy) -> None:
    report = sample.check("drift", write_revision="repair drift")
    assert written_files(sample) == []
    assert any("No revision was written" in note for note in report.notes)


def test_drift_must_be_checked(sample: ProjectCopy) -> None:
    with pytest.raises(UsageError, match="only be written when drift is checked"):
        sample.check("graph", write_revision="repair drift")
