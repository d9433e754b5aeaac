"""`--from` and `--to` have no say in `offline`, and need none: the script of a part is the end of the whole one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from offline_project import offline_project
from project_copy import ProjectCopy

from harness.server import Server

KIND = 'op.create_table("{}", sa.Column("kind", sa.Enum("a", "b", name="kind")))'


def script(project: ProjectCopy, span: str) -> str:
    """What Alembic writes, from its first revision on."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", span, "--sql"],
        cwd=project.directory,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout[done.stdout.index("-- Running upgrade") :]


@pytest.mark.parametrize("settings", [{"from_revision": "r2"}, {"to_revision": "r2"}], ids=["from", "to"])
def test_every_revision_is_judged_whatever_part_is_walked(
    tmp_path: Path, server: Server, settings: dict[str, str]
) -> None:
    online_only = "if not context.is_offline_mode():\n    op.execute('create table {} (id int)')"
    ups = [online_only.format("one"), "pass", online_only.format("three")]
    report = offline_project(tmp_path, server, *ups).check("offline", **settings)
    assert [finding.revision for finding in report.findings] == ["r1", "r3"]


def test_the_script_of_a_part_is_the_end_of_the_whole_one(sample: ProjectCopy) -> None:
    whole = script(sample, "head")
    revisions = [line.split()[-1] for line in whole.splitlines() if line.startswith("-- Running upgrade")]
    assert len(revisions) == 12
    for revision in revisions[::3]:
        part = script(sample, f"{revision}:head")
        assert whole.endswith(part)
        assert part.count("-- Running upgrade") == 11 - revisions.index(revision)


def test_but_for_an_enum_that_two_revisions_create_which_upgrade_tells(tmp_path: Path, server: Server) -> None:
    project = offline_project(tmp_path, server, KIND.format("one"), KIND.format("two"))
    assert "CREATE TYPE" in script(project, "r1:head")
    assert script(project, "head").count("CREATE TYPE") == 1
    report = project.check("upgrade", "offline")
    assert [(one.rule, one.revision) for one in report.findings] == [("upgrade.only-in-one-go", "r2")]
