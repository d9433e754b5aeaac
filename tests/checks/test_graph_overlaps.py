"""`graph.overlapping-links`: exactly those revisions at which Alembic stops with a bare KeyError."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alembic.runtime.migration import HeadMaintainer, RevisionStep
from alembic.script.revision import Revision, RevisionMap
from tree_project import TreeProject

from harness.checks.graph_links import Links
from harness.environment import History, RevisionInfo
from harness.server import Server

VERSIONS = "migrations/versions"


@pytest.fixture
def project(tmp_path: Path, server: Server) -> TreeProject:
    """Two branches, a and b, of two revisions each."""
    made = TreeProject(tmp_path, server)
    for branch in "ab":
        made.revision(f"{branch}1", branch_labels=f"branch_{branch}")
        made.revision(f"{branch}2", f"{branch}1")
    return made


@pytest.mark.parametrize(
    ("below", "depends_on", "names", "better"),
    [
        ("b2", ("a2", "a1"), "names a1 in depends_on, and a2,", '"a2"'),
        ("b2", ("branch_a", "a2"), "names a1 in depends_on, and a2,", '"a2"'),
        ("b2", ("b1", "a2"), "names b1 in depends_on, and b2,", '"a2"'),
        (("b2", "a2"), "a1", "names a1 in depends_on, and a2,", "None"),
        ("b2", ("branch_a", "a2", "b1"), "names a1 in depends_on, and a2,", '"a2"'),
    ],
)
def test_a_dependency_that_can_go(project: TreeProject, below: Any, depends_on: Any, names: str, better: str) -> None:
    path = project.revision("c", below, "pass", depends_on=depends_on)
    heads = ["c"] if "a2" in below else ["a2", "c"]
    report = project.check("graph", "upgrade", heads=heads)
    assert [finding.rule for finding in report.findings] == ["graph.overlapping-links", "upgrade.failed"]
    finding = report.findings[0]
    assert finding.message.startswith(f"Revision c {names} which stands on that already")
    assert (str(finding.location), finding.fix) == (f"{path}:7", f"In {path}: depends_on = {better}")
    project.revision("c", below, "pass", depends_on=None if better == "None" else better.strip('"'))
    assert project.check("graph", "upgrade", "round-trip", heads=heads).findings == ()


def test_a_down_revision_that_a_dependency_stands_on(project: TreeProject) -> None:
    project.revision("a3", "a2", depends_on="b2")
    project.revision("d1")
    path = project.revision("c", "b2", "pass", depends_on=("a3", "d1"))
    heads = ["a3", "c", "d1"]
    report = project.check("graph", "upgrade", heads=heads)
    assert [finding.rule for finding in report.findings] == ["graph.overlapping-links", "upgrade.failed"]
    finding = report.findings[0]
    assert finding.message == "Revision c names b2 in down_revision, and a3, which stands on that already."
    assert str(finding.location) == f"{path}:6"
    assert finding.fix == (
        f'Write an empty revision with down_revision = "b2" and depends_on = "a3"; '
        f'in {path}, name it in the place of "b2", and leave "a3" out of depends_on.'
    )
    project.revision("b3", "b2", "pass", depends_on="a3")
    project.revision("c", "b3", "pass", depends_on="d1")
    assert project.check("graph", "upgrade", "round-trip", heads=heads).findings == ()


def test_a_merge_of_branches_one_of_which_depends_on_another(project: TreeProject) -> None:
    project.revision("a3", "a2", depends_on="b2")
    project.revision("d1")
    path = project.revision("c", ("a3", "b2", "d1"), "pass")
    report = project.check("graph", "upgrade")
    assert [finding.rule for finding in report.findings] == ["graph.overlapping-links", "upgrade.failed"]
    assert report.findings[0].fix == (
        f'Write an empty revision with down_revision = ("b2", "a3"), and name it in {path} in the place of these two.'
    )
    project.merge("first", "b2", "a3")
    project.merge("c", "first", "d1")
    assert project.check("graph", "upgrade", "round-trip").findings == ()


@pytest.mark.parametrize(
    ("below", "depends_on"),
    [
        ("b2", "a1"),
        ("b2", ("a2",)),
        ("b2", ("b1",)),
        ("b2", ("b2", "b1")),
        (("b2", "a2"), None),
        (("b2", "a2"), ("a2", "b2")),
    ],
)
def test_links_that_alembic_follows(project: TreeProject, below: Any, depends_on: Any) -> None:
    project.revision("c", below, "pass", depends_on=depends_on)
    heads = ["c"] if "a2" in below else ["a2", "c"]
    assert project.check("graph", "upgrade", heads=heads).findings == ()


def test_a_dependency_that_is_an_ancestors_too(project: TreeProject) -> None:
    """Alembic counts it there only."""
    project.revision("b3", "b2", depends_on="a1")
    project.revision("d1")
    project.revision("c", "b3", "pass", depends_on=("a1", "d1"))
    assert project.check("graph", "upgrade", heads=["a2", "c", "d1"]).findings == ()


class _Heads(HeadMaintainer):
    """Alembic's own keeping of the version table, without a table."""

    def _insert_version(self, version: str) -> None:
        assert version not in self.heads
        self.heads.add(version)

    def _delete_version(self, version: str) -> None:
        self.heads.remove(version)

    def _update_version(self, from_: str, to_: str) -> None:
        assert to_ not in self.heads
        self.heads.remove(from_)
        self.heads.add(to_)


def _history(numbers: random.Random) -> list[RevisionInfo]:
    revisions: list[RevisionInfo] = []
    for position in range(numbers.randint(4, 10)):
        earlier = [revision.id for revision in revisions]
        below, dependencies = (
            tuple(numbers.sample(earlier, min(len(earlier), numbers.choice(counts))))
            for counts in ((0, 1, 1, 1, 1, 2, 3), (0, 0, 0, 1, 2, 3))
        )
        revisions.append(RevisionInfo(f"r{position}", "r.py", 1, "", below, dependencies))
    return revisions


def _stops_at(revisions: Iterable[RevisionInfo], target: str) -> str | None:
    """The revision at which `alembic upgrade TARGET` of an empty database ends in a KeyError."""
    made = [Revision(one.id, one.down_revisions or None, one.dependencies or None) for one in revisions]
    for revision in made:
        revision.module = SimpleNamespace(upgrade=None)  # type: ignore[attr-defined]  # what a step takes from a Script
    known = RevisionMap(lambda: made)
    heads = _Heads(None, ())  # type: ignore[arg-type]  # its context is for the table only
    for step in reversed(list(known.iterate_revisions(target, "base", implicit_base=True))):
        try:
            heads.update_to_step(RevisionStep(known, step, True))  # type: ignore[arg-type]  # it has a Script's module
        except KeyError:
            return step.revision
    return None


def test_it_says_what_alembic_does() -> None:
    """Histories at random, small enough to have every kind of crossing."""
    numbers = random.Random(20)
    seen = {True: 0, False: 0}
    for _ in range(600):
        revisions = _history(numbers)
        told = {overlap.revision.id for overlap in Links(History(tuple(revisions), (), (), "env.py")).overlaps()}
        for revision in revisions:
            stop = _stops_at(revisions, revision.id)
            if stop in (None, revision.id):  # else one below is at fault
                assert (stop is not None) == (revision.id in told), (revision, revisions)
                seen[stop is not None] += 1
    assert min(seen.values()) > 100
