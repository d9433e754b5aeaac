"""`graph` on revision files with one fault each: told with file and line, never with a traceback; look-alikes pass."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from tree_project import TreeProject

import harness
from harness.checks.graph_links import Links
from harness.environment import History, RevisionInfo
from harness.server import Server

VERSIONS = "migrations/versions"


@pytest.fixture
def project(tmp_path: Path, server: Server) -> TreeProject:
    made = TreeProject(tmp_path, server)
    made.revision("base0001")
    made.revision("next0002", "base0001")
    return made


def graph(project: TreeProject, **settings: Any) -> harness.Report:
    report: harness.Report = project.check("graph", **settings)
    assert [check.outcome for check in report.checks] in (["passed"], ["failed"]), report.checks
    return report


def only(report: harness.Report) -> harness.Finding:
    (finding,) = report.findings
    assert finding.fix
    assert finding.why
    assert "Traceback" not in finding.message
    return finding


def place(finding: harness.Finding) -> str:
    return str(finding.location).removeprefix(f"{VERSIONS}/")


def test_the_ground_is_green(project: TreeProject) -> None:
    assert graph(project).findings == ()


REVISION_LINE, DOWN_LINE, MORE_LINE = 5, 6, 7


@pytest.mark.parametrize(
    ("identity", "below", "more", "rule", "line", "says"),
    [
        ("x", "base00", {}, "broken-link", DOWN_LINE, "down_revision 'base00', which is only the beginning of an id"),
        ("x", "nxt0002", {}, "broken-link", DOWN_LINE, "down_revision 'nxt0002', which no file defines"),
        ("x", ("next0002", "gone"), {}, "broken-link", DOWN_LINE, "'gone', which no file defines"),
        ("x", "next0002", {"depends_on": "gone"}, "broken-link", MORE_LINE, "depends_on 'gone', which no file defines"),
        ("x", "next0002", {"depends_on": "base"}, "broken-link", MORE_LINE, "only the beginning of an id"),
        ("x", "x", {}, "cycle", DOWN_LINE, "x → x"),
        ("x", "next0002", {"depends_on": "x"}, "cycle", MORE_LINE, "x → x"),
        ("x", "next0002", {"branch_labels": "l", "depends_on": ("l",)}, "cycle", 8, "x → x"),
        (
            "x",
            "next0002",
            {"branch_labels": "base0001"},
            "duplicate-label",
            MORE_LINE,
            "is the id of migrations/versions",
        ),
        ("x", "next0002", {"branch_labels": ("a", "a")}, "duplicate-label", MORE_LINE, "is a label of revision x"),
        ("a-b", "next0002", {}, "malformed", REVISION_LINE, "'-' not allowed"),
        (5, "next0002", {}, "malformed", REVISION_LINE, "has revision = 5, which is no id"),
        (None, "next0002", {}, "malformed", REVISION_LINE, "has revision = None, which is no id"),
        ("x", 5, {}, "malformed", DOWN_LINE, "has down_revision = 5, which names nothing"),
        ("x", "", {}, "malformed", DOWN_LINE, "has down_revision = '', which names nothing"),
        ("x", ("next0002", 7), {}, "malformed", DOWN_LINE, "which names nothing"),
        ("x", "next0002", {"depends_on": 5}, "malformed", MORE_LINE, "has depends_on = 5"),
        ("x", "next0002", {"branch_labels": [None]}, "malformed", MORE_LINE, "has branch_labels = [None]"),
        ("x", ("next0002", "base0001"), {}, "redundant-parent", DOWN_LINE, "merges next0002 with base0001"),
    ],
)
def test_a_faulty_variable(
    project: TreeProject, identity: Any, below: Any, more: dict[str, Any], rule: str, line: int, says: str
) -> None:
    path = project.revision(identity, below, "pass", **more)
    finding = only(graph(project))
    assert finding.rule == f"graph.{rule}"
    assert says in finding.message
    assert str(finding.location) == f"{path}:{line}"


@pytest.mark.parametrize(
    ("below", "more"),
    [
        (["next0002"], {}),
        (("next0002",), {}),
        (("next0002", "next0002"), {}),
        ("next0002", {"branch_labels": "None", "depends_on": ""}),
        ("next0002", {"branch_labels": ["a", "b"], "depends_on": ()}),
        ("next0002", {"depends_on": ["base0001"]}),
    ],
)
def test_odd_variables_that_alembic_reads(project: TreeProject, below: Any, more: dict[str, Any]) -> None:
    project.revision("x", below, "pass", **more)
    assert graph(project).findings == ()


@pytest.mark.parametrize(
    ("content", "rule", "at", "says"),
    [
        (b"HELPERS = 1\n", "malformed", "wrong.py:1", "has no revision"),
        (b"x = 1\nrevision = 'x'\n", "malformed", "wrong.py:2", "has no down_revision"),
        (b"revision = 'x'\ndown_revision = 'next0002'\n", "malformed", "wrong.py:1", "has no upgrade()"),
        (b"revision = 'x'\n\ndef upgrade(:\n", "unloadable", "wrong.py:3", "SyntaxError"),
        (b"revision = 'x'\n\0", "unloadable", "wrong.py:1", "null bytes"),
        (b"revision = 'gr\xfc\xdf'\n", "unloadable", "wrong.py:1", "SyntaxError"),
        (b"\xff\xfer\0e\0v\0", "unloadable", "wrong.py:1", "SyntaxError"),
        (
            b"revision = 'x'\nimport not_there_at_all\n",
            "unloadable",
            "wrong.py:2",
            "No module named 'not_there_at_all'",
        ),
        (b"import sys\nsys.exit(3)\n", "unloadable", "wrong.py:2", "SystemExit"),
        (b"\nraise KeyboardInterrupt\n", "unloadable", "wrong.py:2", "KeyboardInterrupt"),
        (b"from alembic import op\nop.execute('select 1')\n", "unloadable", "wrong.py:2", "NameError"),
    ],
)
def test_a_file_that_is_no_revision(project: TreeProject, content: bytes, rule: str, at: str, says: str) -> None:
    (project.directory / VERSIONS / "wrong.py").write_bytes(content)
    finding = only(graph(project))
    assert finding.rule == f"graph.{rule}"
    assert says in finding.message
    assert place(finding) == at


def test_files_that_are_none_of_alembics_business(project: TreeProject) -> None:
    versions = project.directory / VERSIONS
    path = versions / "next0002.py"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())  # a byte-order mark
    project.revision("x", "next0002")
    text = (versions / "x.py").read_text(encoding="utf-8").replace("revision x", "größer")
    (versions / "x.py").write_bytes(b"# -*- coding: latin-1 -*-\n" + text.encode("latin-1"))
    (versions / "__init__.py").write_text("")
    (versions / "notes.txt").write_text("def broken(:")
    (versions / ".#lock.py").write_bytes(b"\0")
    (versions / "folder.py").mkdir()
    (versions / "abc123.py").write_text("down_revision = 'x'\n\ndef upgrade():\n    pass\n")
    report = graph(project)
    assert report.findings == ()
    assert report.project is not None
    assert report.project.heads == ("abc123",), "an id that is the file's name, as Alembic had it before 0.2"


def test_a_broken_file_in_the_middle_is_the_only_finding(project: TreeProject) -> None:
    """What builds on it names a revision whose file is there."""
    project.replace(f"{VERSIONS}/base0001.py", "def upgrade():", "def upgrade(:")
    assert only(graph(project)).rule == "graph.unloadable"


def test_every_fault_is_told_in_one_run(project: TreeProject) -> None:
    project.revision("x", "gone")
    project.write(f"{VERSIONS}/copy.py", project.read(f"{VERSIONS}/next0002.py"))
    project.revision("c1", "c2")
    project.revision("c2", "c1")
    project.revision("d1", "d2")
    project.revision("d2", "d1")
    project.write(f"{VERSIONS}/wrong.py", "def broken(:")
    rules = sorted(finding.rule for finding in graph(project).findings)
    assert rules == ["graph.broken-link", "graph.cycle", "graph.cycle", "graph.duplicate-id", "graph.unloadable"]


def test_a_label_in_down_revision(project: TreeProject) -> None:
    project.revision("x", "next0002", branch_labels="side")
    project.revision("y", "side")
    finding = only(graph(project))
    assert "which is a branch label, not an id" in finding.message
    assert finding.fix == "Did you mean 'x'?"


def test_an_ambiguous_beginning_of_an_id(project: TreeProject) -> None:
    project.revision("next0003", "next0002")
    project.revision("x", "next000")
    finding = only(graph(project))
    assert finding.fix == "Write the whole id, one of next0002, next0003."


def test_a_label_used_by_two(project: TreeProject) -> None:
    project.revision("x", "next0002", branch_labels="side")
    project.revision("y", "x", branch_labels="side")
    finding = only(graph(project))
    assert (finding.rule, finding.revision) == ("graph.duplicate-label", "y")


def test_a_cycle_through_labels_and_dependencies(project: TreeProject) -> None:
    project.revision("x", "next0002", branch_labels="side", depends_on="z")
    project.revision("y", "next0002")
    project.revision("z", "y", depends_on="side")
    finding = only(graph(project))
    assert finding.rule == "graph.cycle"
    assert "x → z → x" in finding.message
    assert "migrations/versions/z.py:5" in (finding.detail or "")


def test_a_redundant_parent_stops_a_merge_of_three(project: TreeProject) -> None:
    """Alembic fails on it with a bare KeyError; the repair that is told heals it."""
    project.revision("side", "base0001")
    path = project.revision("x", ("base0001", "next0002", "side"), "pass")
    report = project.check("graph", "upgrade")
    rules = [finding.rule for finding in report.findings]
    assert rules == ["graph.redundant-parent", "upgrade.failed"]
    fix = report.findings[0].fix or ""
    assert fix == f'In {path}: down_revision = ("next0002", "side")'
    project.replace(path, "('base0001', 'next0002', 'side')", fix.partition(" = ")[2])
    assert project.check("graph", "upgrade").findings == ()


def test_a_merge_of_unequal_branches_is_green(project: TreeProject) -> None:
    project.revision("long3", "next0002")
    project.revision("side", "base0001")
    project.merge("x", "side", "long3")
    assert graph(project).findings == ()


@pytest.mark.parametrize("declared", [["left", "right"], ["left", "r@head"], ["l", "r"], ["l@head", "right"]])
def test_heads_are_declared_by_id_or_label(project: TreeProject, declared: list[str]) -> None:
    project.revision("left0", "next0002", branch_labels="l")
    project.revision("right0", "next0002", branch_labels="r")
    project.revision("left", "left0")
    project.revision("right", "right0")
    assert graph(project, heads=declared).findings == ()
    project.revision("another", "next0002")
    finding = only(graph(project, heads=declared))
    assert (finding.rule, finding.revision) == ("graph.undeclared-head", "another")


@pytest.mark.parametrize("declared", ["gone", "gone@head", "base0001", "l@head"])
def test_a_declared_head_that_is_none(project: TreeProject, declared: str) -> None:
    finding = only(graph(project, heads=["next0002", declared]))
    assert (finding.rule, finding.revision) == ("graph.undeclared-head", declared)


def test_one_folder_under_two_names(project: TreeProject) -> None:
    (project.directory / "linked").symlink_to(project.directory / VERSIONS)
    project.write(
        "alembic.ini",
        project.read("alembic.ini")
        + f"version_path_separator = :\nversion_locations = %(here)s/{VERSIONS}:%(here)s/linked\n",
    )
    assert graph(project).findings == ()


def test_what_alembic_alone_complains_of_is_told(project: TreeProject) -> None:
    """Something that no rule foresees: here, an `env.py` that makes the loading fail."""
    project.write(
        "migrations/env.py",
        "from alembic.script.revision import RevisionMap\n"
        "def fail(*_): raise ValueError('not today')\n"
        "RevisionMap._add_branches = fail\n" + project.read("migrations/env.py"),
    )
    finding = only(graph(project))
    assert finding.rule == "graph.unloadable"
    assert "Alembic cannot load the history: ValueError: not today" in finding.message


def test_a_long_history_costs_little() -> None:
    """Twenty thousand revisions with a branch, a merge and two dependencies at every tenth; quadratic work would take
    minutes.
    """
    revisions = [RevisionInfo("r0", "r0.py", 1, "")]
    for number in range(1, 20_000):
        below: tuple[str, ...] = (f"r{number - 1}",)
        if number % 10 == 5:
            revisions.append(RevisionInfo(f"side{number}", "side.py", 1, "", (f"r{number - 3}",)))
            below += (f"side{number}",)
        dependencies = (f"r{number - 9}", f"side{number - 3}") if number % 10 == 8 and number > 10 else ()
        revisions.append(RevisionInfo(f"r{number}", "r.py", 1, "", below, dependencies))
    started = time.process_time()
    links = Links(History(tuple(revisions), (), (), "env.py"))
    assert list(links.cycles()) == []
    assert list(links.redundant_parents()) == []
    assert list(links.overlaps()) == []
    assert links.heads_named("r0@head") == {"r19999"}
    assert time.process_time() - started < 5
