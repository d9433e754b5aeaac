"""Projects with `sourceless = true`: revisions that are there only as compiled files."""

from __future__ import annotations

import py_compile
from pathlib import Path

import pytest
from tree_project import TreeProject

import harness
from harness.server import Server

VERSIONS = "migrations/versions"


def compiled(project: TreeProject, path: str, *, beside: bool, keep: bool = False) -> Path:
    """Compile a revision, as `python -m compileall` or, beside it, `compileall -b` does, and take its source away."""
    source = project.directory / path
    made = py_compile.compile(str(source), cfile=str(source.with_suffix(".pyc")) if beside else None, doraise=True)
    if not keep:
        source.unlink()
    assert made is not None
    return Path(made)


@pytest.fixture
def project(tmp_path: Path, server: Server) -> TreeProject:
    made = TreeProject(tmp_path, server, ini="sourceless = true\n")
    made.revision("base0001")
    made.revision("next0002", "base0001")
    return made


@pytest.fixture(params=[False, True], ids=["in-pycache", "beside"])
def beside(request: pytest.FixtureRequest) -> bool:
    """Where the compiled files are."""
    return bool(request.param)


def compile_all(project: TreeProject, *, beside: bool) -> None:
    for path in sorted((project.directory / VERSIONS).glob("*.py")):
        compiled(project, path.relative_to(project.directory).as_posix(), beside=beside)


def only(report: harness.Report) -> harness.Finding:
    (finding,) = report.findings
    return finding


def test_every_check_is_green(project: TreeProject, beside: bool) -> None:
    compile_all(project, beside=beside)
    report = project.check()
    assert report.findings == ()
    assert {check.outcome for check in report.checks} == {"passed"}, report.checks
    assert report.project is not None
    assert (report.project.revisions, report.project.heads) == (2, ("next0002",))


def test_faults_are_found(project: TreeProject, beside: bool) -> None:
    """Where a line cannot be told, the compiled file itself is the place."""
    project.replace(f"{VERSIONS}/next0002.py", 'op.drop_table("t_next0002")', "pass")
    project.model("t_another", 'Column("id", Integer)')
    compile_all(project, beside=beside)
    report = project.check("round-trip", "downgrade", "drift")
    left = [finding for finding in report.findings if finding.rule.endswith(".left-behind")]
    assert {(finding.check, finding.revision) for finding in left} == {
        ("round-trip", "next0002"),
        ("downgrade", "next0002"),
    }
    assert all(finding.location is not None and finding.location.path.endswith(".pyc") for finding in left)
    drift = [(finding.rule, str(finding.object)) for finding in report.findings if finding.check == "drift"]
    assert drift == [("drift.table.missing", "public.t_another")]


def test_a_step_that_fails_is_told_by_the_line_of_its_source(project: TreeProject, beside: bool) -> None:
    project.revision("x", "next0002", 'op.execute("select 1 / 0")')
    compile_all(project, beside=beside)
    report = project.check("graph", "upgrade")
    finding = only(report)
    assert (finding.rule, finding.revision) == ("upgrade.failed", "x")
    assert str(finding.location) == f"{VERSIONS}/x.py:10"


@pytest.mark.parametrize(
    ("down", "rule"),
    [
        ('raise NotImplementedError("the rows are gone")', "round-trip.irreversible"),
        ('raise RuntimeError(\n        "the rows are gone"\n    )', "round-trip.irreversible"),
        ('{}["the rows"]', "round-trip.failed"),
        ('op.execute("drop table nowhere")', "round-trip.failed"),
    ],
)
def test_a_downgrade_that_refuses_is_none_that_fails(project: TreeProject, down: str, rule: str) -> None:
    project.replace(f"{VERSIONS}/next0002.py", 'op.drop_table("t_next0002")', down)
    compile_all(project, beside=True)
    assert only(project.check("round-trip")).rule == rule


def test_links_are_judged(project: TreeProject, beside: bool) -> None:
    project.revision("x", "gone")
    compile_all(project, beside=beside)
    finding = only(project.check("graph"))
    assert (finding.rule, finding.revision) == ("graph.broken-link", "x")
    assert finding.location is not None
    assert finding.location.path.endswith(".pyc")


def test_a_compiled_file_that_is_no_revision(project: TreeProject, beside: bool) -> None:
    project.write(f"{VERSIONS}/helpers.py", "revision = 'helpers'\n")
    made = compiled(project, f"{VERSIONS}/helpers.py", beside=beside)
    finding = only(project.check("graph"))
    assert finding.rule == "graph.malformed"
    assert str(finding.location) == f"{made.relative_to(project.directory).as_posix()}:1"


def test_a_file_that_another_python_compiled(project: TreeProject, beside: bool) -> None:
    """What builds on it is not blamed."""
    made = compiled(project, f"{VERSIONS}/base0001.py", beside=beside)
    made.write_bytes(b"\0\0\r\n" + made.read_bytes()[4:])
    finding = only(project.check("graph"))
    assert finding.rule == "graph.unloadable"
    assert "bad magic number" in finding.message
    assert finding.location is not None
    assert finding.location.path == made.relative_to(project.directory).as_posix()


def test_a_source_is_preferred(project: TreeProject, beside: bool) -> None:
    made = compiled(project, f"{VERSIONS}/next0002.py", beside=beside, keep=True)
    made.write_bytes(b"no revision at all")
    assert project.check("graph").findings == ()


def test_compiled_files_in_nested_folders(project: TreeProject, beside: bool) -> None:
    project.write("alembic.ini", project.read("alembic.ini") + "recursive_version_locations = true\n")
    path = project.revision("x", "next0002", folder=f"{VERSIONS}/more")
    compiled(project, path, beside=beside)
    report = project.check("graph")
    assert report.findings == ()
    assert report.project is not None
    assert report.project.heads == ("x",)


def test_no_revision_at_all(project: TreeProject) -> None:
    project.write(f"{VERSIONS}/__init__.py", "")
    compiled(project, f"{VERSIONS}/__init__.py", beside=False)
    for path in (project.directory / VERSIONS).glob("*.py"):
        path.unlink()
    assert only(project.check("graph")).rule == "graph.empty"


@pytest.mark.parametrize("setting", ["", "sourceless = false\n"])
def test_without_that_option_they_are_left_alone(tmp_path: Path, server: Server, setting: str, beside: bool) -> None:
    """The compiled file of a revision whose source was deleted stays behind; Alembic does not look at it."""
    project = TreeProject(tmp_path, server, ini=setting)
    project.revision("base0001")
    compiled(project, project.revision("x", "base0001"), beside=beside)
    report = project.check("graph")
    assert report.findings == ()
    assert report.project is not None
    assert report.project.heads == ("base0001",)
