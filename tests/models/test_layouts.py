"""The imports check on real layouts, each run for real: one fault each, found at its line; look-alikes, not found."""

from __future__ import annotations

from pathlib import Path

import pytest
from model_layouts import FAULTS, LOOKALIKES, Expected, apply, write

from harness.checks.imports import forgotten_models


@pytest.mark.parametrize("layout", FAULTS, ids=lambda path: path.stem)
def test_the_fault_is_found_at_its_line_and_its_fix_heals_it(layout: Path, tmp_path: Path) -> None:
    written = write(layout, tmp_path)
    assert written.expected

    findings = list(forgotten_models(written.project, written.settings))

    found = set()
    fixes = set()
    for finding in findings:
        assert finding.location is not None
        assert finding.object is not None
        assert finding.fix
        assert finding.why
        fix_in = None
        if finding.fix.startswith("Add "):
            fixes.add(finding.fix)
            fix_in = next(word for word in finding.fix.replace(",", "").split() if word.endswith(".py"))
        table = finding.object.table or finding.object.name
        found.add(Expected(finding.rule, table, finding.location.path, finding.location.line, fix_in))
    assert found == written.expected

    if fixes and len(fixes) == len({finding.fix for finding in findings}) and not (tmp_path / "app.zip").exists():
        # Inserting from the bottom up keeps the line numbers of the other fixes right.
        for fix in sorted(fixes, reverse=True):
            apply(fix, tmp_path)
        assert [finding.message for finding in forgotten_models(written.project, written.settings)] == []


@pytest.mark.parametrize("layout", LOOKALIKES, ids=lambda path: path.stem)
def test_a_lookalike_gives_no_finding(layout: Path, tmp_path: Path) -> None:
    written = write(layout, tmp_path)

    findings = list(forgotten_models(written.project, written.settings))

    assert [(finding.rule, finding.message) for finding in findings] == []
    assert not (tmp_path / "executed").exists()


def test_the_corpus_is_large_enough() -> None:
    assert len(FAULTS) >= 25
    assert len(LOOKALIKES) >= 15
