"""A faithful pair of models and migration gives no finding of warning or above; its red twin gives what it should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import sqlalchemy
from corpus import PAIRS, by_pair, drift, read_pairs, write_project

from harness.findings import Finding
from harness.server import Server

# Each project is a list of files that share the prelude of the first. `views` needs SQLAlchemy 2.1.
PROJECTS = {
    "plain": ("types", "columns", "constraints", "mapping", "names", "history")
    + (("views",) if hasattr(sqlalchemy, "CreateView") else ()),
    "conventions": ("conventions",),
    "standing": ("standing",),
}


def shown(found: Mapping[str, Sequence[Finding]]) -> str:
    return "\n".join(f"{pair}: {finding}" for pair, findings in found.items() for finding in findings)


@pytest.mark.parametrize("name", PROJECTS)
def test_faithful_pairs_are_green_and_their_red_twins_red(tmp_path: Path, server: Server, name: str) -> None:
    project, pairs = write_project(tmp_path, server, PROJECTS[name])
    report = project.check("drift")
    assert [check.outcome for check in report.checks] == ["passed"], report.checks
    faithful = by_pair(report.findings, pairs)
    assert faithful == {}, shown(faithful)
    drift(project, pairs)
    red = by_pair(project.check("drift").findings, pairs)
    rules = {pair: sorted(finding.rule for finding in findings) for pair, findings in red.items()}
    assert rules == {pair.name: sorted(pair.red) for pair in pairs if pair.red}, shown(red)


def test_the_corpus_is_as_large_as_it_is_said_to_be() -> None:
    pairs = [pair for path in PAIRS.glob("*.pairs") for pair in read_pairs(path)]
    names = [pair.name for pair in pairs]
    assert len(names) == len(set(names))
    assert len(names) >= 100
    assert len([pair for pair in pairs if pair.red]) >= 30
