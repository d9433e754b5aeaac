"""`ignore` and `severity`: what a project may leave out and make of the rest, and that useless entries are said."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import small_project

from harness.checks.policy import Policy
from harness.findings import CheckResult, DatabaseObject, Finding, Severity, UsageError
from harness.server import Server
from harness.settings import load

COLUMN = Finding("drift.column.type", Severity.ERROR, "…", DatabaseObject("column", "email", "public", "account"))
INDEX = Finding("drift.index.missing", Severity.ERROR, "…", DatabaseObject("index", "ix_mail", "public", "account"))
HEAD = Finding("graph.several-heads", Severity.ERROR, "…")
ALL = (COLUMN, INDEX, HEAD)


@pytest.mark.parametrize(
    ("entry", "gone"),
    [
        ("drift.column.type", {COLUMN}),
        ("drift.*", {COLUMN, INDEX}),
        ("graph.*", {HEAD}),
        ("public.account", {COLUMN, INDEX}),
        ("account", {COLUMN, INDEX}),
        ("public.acc*", {COLUMN, INDEX}),
        ("public.account.email", {COLUMN}),
        ("account.email", {COLUMN}),
        ("ix_*", {INDEX}),
        ("drift.index.*:public.account", {INDEX}),
        ("drift.*:account.email", {COLUMN}),
        ("email", set()),
        ("accoun", set()),
        ("drift.table.*:account", set()),
        ("graph.*:account", set()),
    ],
)
def test_what_an_entry_leaves_out(entry: str, gone: set[Finding]) -> None:
    assert set(ALL) - set(Policy([entry], {}).apply(ALL)) == gone


def test_an_entry_that_matches_nothing_is_said() -> None:
    policy = Policy(["drift.*:account", "drift.*:other", "upgrade.*", "*.gone"], {})
    policy.apply(ALL)
    passed = [CheckResult("drift", "passed"), CheckResult("graph", "failed")]
    told = policy.notes(passed)
    assert [note.split("'")[1] for note in told] == ["drift.*:other", "*.gone"]
    assert "drift, graph" in told[1]
    assert policy.notes([CheckResult("drift", "error"), CheckResult("graph", "failed")]) == [], "nothing is known"


@pytest.mark.parametrize(
    ("table", "severities"),
    [
        ({"drift.column.type": "warning"}, ["warning", "error", "error"]),
        ({"drift.*": "info", "drift.index.*": "warning"}, ["info", "warning", "error"]),
        ({"drift.index.*": "warning", "drift.*": "info"}, ["info", "warning", "error"]),
        ({"drift.*": "off"}, ["error"]),
    ],
)
def test_the_longest_glob_decides_how_severe(table: dict[str, str], severities: list[str]) -> None:
    assert [finding.severity.value for finding in Policy([], table).apply(ALL)] == severities


@pytest.mark.parametrize(
    ("rule", "nearest"),
    [
        ("drift.colum.type", "drift.column.type"),
        ("drift.column.typ", "drift.column.type"),
        ("drift.*.coment", ".comment"),
        ("upgrade.fail", "upgrade.failed"),
    ],
)
def test_a_rule_that_does_not_exist(rule: str, nearest: str) -> None:
    with pytest.raises(UsageError, match="there is no such rule") as raised:
        Policy([], {rule: "off"})
    assert nearest in raised.value.fix


@pytest.mark.parametrize(
    "rule",
    ["drift.column.type", "drift.*.renamed", "drift.index.renamed", "drift.view.missing", "drift.unmanaged", "*"],
)
def test_rules_that_do_exist(rule: str) -> None:
    Policy([], {rule: "info"})


def test_a_severity_that_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.harness.severity]\n"drift.*" = "fatal"\n')
    with pytest.raises(UsageError, match="error, warning, info, off"):
        load(tmp_path, {})


def test_the_settings_rule_the_outcome(tmp_path: Path, server: Server) -> None:
    project = small_project(
        tmp_path,
        server,
        """
        class Account(Base):
            __tablename__ = "account"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str] = mapped_column(comment="what they are called")
        """,
        'op.execute("create table account (id serial primary key, name text not null)")',
    )
    report = project.check("drift")
    assert {finding.rule for finding in report.findings} == {"drift.column.type", "drift.column.comment"}
    project.write(
        "pyproject.toml",
        """
        [tool.harness]
        ignore = ["drift.column.type:account.name", "drift.*:account.email"]
        [tool.harness.severity]
        "drift.*.comment" = "warning"
        """,
    )
    report = project.check("drift")
    assert [(finding.rule, finding.severity) for finding in report.findings] == [
        ("drift.column.comment", Severity.WARNING)
    ]
    assert report.outcome == "passed"
    assert report.exit_code() == 0
    (note,) = report.notes
    assert "account.email" in note
