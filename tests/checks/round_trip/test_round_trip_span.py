"""Which revisions are walked, which are taken down, and what is said of markers."""

from __future__ import annotations

from pathlib import Path

import pytest
from round_trip_history import Revision, chain, write_history

from harness import Report, UsageError
from harness.server import Server

CREATE = "create table {0} (id int)"
# Each leaves its table behind, so that every revision that is taken down is found.
LEAVING = chain(Revision(f"aaaa{number}", f"create table if not exists t{number} (id int)") for number in range(4))


def revisions_of(report: Report) -> list[str | None]:
    return [finding.revision for finding in report.findings]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["aaaa0", "aaaa1", "aaaa2", "aaaa3"]),
        ({"from_revision": "aaaa1"}, ["aaaa2", "aaaa3"]),
        ({"from_revision": "-1"}, ["aaaa3"]),
        ({"from_revision": "head-2", "to_revision": "head-1"}, ["aaaa2"]),
        ({"to_revision": "aaaa1"}, ["aaaa0", "aaaa1"]),
        ({"from_revision": "base", "to_revision": "+1"}, ["aaaa0"]),
        ({"from_revision": "head"}, []),
        ({"downgrade_floor": ["aaaa2"]}, ["aaaa3"]),
        ({"downgrade_floor": ["aaaa3"]}, []),
    ],
    ids=str,
)
def test_a_part_of_the_history(tmp_path: Path, server: Server, settings: dict[str, str], expected: list[str]) -> None:
    report = write_history(tmp_path, server, LEAVING).check("round-trip", **settings)
    assert revisions_of(report) == expected
    assert report.checks[0].outcome == ("failed" if expected else "passed")


@pytest.mark.parametrize("option", ["from_revision", "to_revision", "downgrade_floor"])
def test_a_revision_that_does_not_exist(tmp_path: Path, server: Server, option: str) -> None:
    project = write_history(tmp_path, server, LEAVING)
    with pytest.raises(UsageError, match="names 'nowhere', which Alembic does not find"):
        project.check("round-trip", **{option: "nowhere"})


@pytest.mark.parametrize("option", ["from_revision", "to_revision", "downgrade_floor"])
def test_a_variable_that_is_not_set(tmp_path: Path, server: Server, option: str) -> None:
    project = write_history(tmp_path, server, LEAVING)
    with pytest.raises(UsageError, match="is empty"):
        project.check("round-trip", **{option: [""] if option == "downgrade_floor" else ""})


@pytest.mark.parametrize("end", ["aaaa1", "base"])
def test_a_part_that_ends_below_its_beginning(tmp_path: Path, server: Server, end: str) -> None:
    project = write_history(tmp_path, server, LEAVING)
    with pytest.raises(UsageError, match=f"--to names '{end}', which lies below --from 'aaaa2'"):
        project.check("round-trip", from_revision="aaaa2", to_revision=end)


def test_a_floor_by_the_beginning_of_its_id(tmp_path: Path, server: Server) -> None:
    revisions = chain([Revision("3f2a9c81", CREATE.format("a")), Revision("9c81d0e5", CREATE.format("b"))])
    project = write_history(tmp_path, server, revisions)
    assert revisions_of(project.check("round-trip", downgrade_floor=["3f2a9"])) == ["9c81d0e5", "9c81d0e5"]
    assert project.check("round-trip", "downgrade", downgrade_floor=["9c81"]).findings == ()


@pytest.mark.parametrize("dash", ["–", "-", "—", ":", ""], ids=["en", "hyphen", "em", "colon", "none"])
@pytest.mark.parametrize(
    "down", ["", None, 'raise RuntimeError("no")', "drop table nowhere", "comment on table t is 'x'"]
)
def test_irreversible_on_purpose(tmp_path: Path, server: Server, dash: str, down: str | None) -> None:
    comment = f"#harness: irreversible {dash} the rows are gone"
    following = Revision("following", CREATE.format("u"), "drop table u")
    history = chain([Revision("marked", CREATE.format("t"), down, comment=comment), following])
    project = write_history(tmp_path, server, history)
    report = project.check("round-trip", "downgrade")
    assert report.findings == ()
    assert report.exit_code() == 0


def test_a_head_that_is_irreversible_on_purpose(tmp_path: Path, server: Server) -> None:
    history = [Revision("marked", CREATE.format("t"), "", comment="# harness: irreversible - meant")]
    assert write_history(tmp_path, server, history).check("downgrade").findings == ()


def test_a_marker_in_a_string_is_none(tmp_path: Path, server: Server) -> None:
    history = [Revision("m", CREATE.format("t"), None, comment='TEXT = "# harness: irreversible - meant"')]
    rules = {finding.rule for finding in write_history(tmp_path, server, history).check("round-trip").findings}
    assert rules == {"round-trip.irreversible"}


def test_a_marker_that_is_not_needed(tmp_path: Path, server: Server) -> None:
    comment = "# harness: irreversible – nobody tried"
    history = [Revision("m", CREATE.format("t"), "drop table t", comment=comment)]
    project = write_history(tmp_path, server, history)
    report = project.check("round-trip")
    (finding,) = report.findings
    assert (finding.rule, finding.severity.value) == ("round-trip.unused-marker", "info")
    assert finding.location is not None
    assert project.read(finding.location.path).splitlines()[finding.location.line - 1] == comment
    assert report.exit_code() == 0


def test_a_downgrade_that_is_not_there(tmp_path: Path, server: Server) -> None:
    report = write_history(tmp_path, server, [Revision("m", CREATE.format("t"), None)]).check("round-trip")
    (finding,) = report.findings
    assert finding.rule == "round-trip.irreversible"
    assert "# harness: irreversible" in (finding.fix or "")
    assert report.exit_code() == 0
