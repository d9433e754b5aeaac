"""Each wrong downgrade is found: by the right rule, with its object, its revision and the line that makes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pytest
from round_trip_fault import Fault
from round_trip_faults import FAULTS
from round_trip_history import Revision, chain, write_history

from harness.findings import Finding
from harness.server import Server

Found = Mapping[str, Sequence[Finding]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Found:
    """The findings by revision, of one history that has all the faults."""
    revisions = [
        revision
        for fault in FAULTS
        for revision in (
            Revision(f"b_{fault.name}", fault.before, comment="# harness: irreversible – sets the scene"),
            Revision(fault.name, fault.up, fault.down),
        )
    ]
    project = write_history(tmp_path_factory.mktemp("faults"), server, chain(revisions))
    report = project.check("round-trip")
    assert [check.outcome for check in report.checks] == ["failed"], report.checks
    by_revision = defaultdict(list)
    for finding in report.findings:
        by_revision[str(finding.revision)].append(finding)
    return by_revision


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found(found: Found, fault: Fault) -> None:
    findings = found[fault.name]
    assert sorted(_line(finding) for finding in findings) == fault.findings, findings
    for finding in findings:
        assert finding.location is not None
        assert finding.location.path == f"alembic/versions/{fault.name}.py"
        assert _is_named(finding, fault)
        assert finding.fix


def test_nothing_else_is_found(found: Found) -> None:
    assert set(found) == {fault.name for fault in FAULTS}


def _is_named(finding: Finding, fault: Fault) -> bool:
    """Whether the finding's line names its object, or the table of it, where any line does."""
    lines = Revision(fault.name, fault.up, fault.down).text.splitlines()
    assert finding.location is not None
    names = [finding.object.name.partition("(")[0], finding.object.table] if finding.object else []
    wanted = next((name for name in names if name and any(name in line for line in lines[3:])), "")
    return wanted in lines[finding.location.line - 1]


def _line(finding: Finding) -> str:
    rule = finding.rule.removeprefix("round-trip.")
    return rule if finding.object is None else f"{rule} {finding.object.kind} {finding.object}"
