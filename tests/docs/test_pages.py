"""The documentation hangs together: no dead link, a page a check, every rule explained."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest
from pages import ROOT, anchors, documents, links

from harness.checks import all_checks
from harness.checks.base import Check


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_link_is_dead(path: Path) -> None:
    dead = []
    for target in links(path):
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        if not there.exists() or (anchor and anchor not in anchors(there)):
            dead.append(target)
    assert dead == []


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.name)
def test_every_check_has_a_page_that_explains_its_rules(check: Check) -> None:
    page = ROOT / "docs" / "checks" / f"{check.name}.md"
    text = page.read_text(encoding="utf-8")
    assert {"unsafe", "safer", "rules"} <= anchors(page)
    headings = re.findall(r"^### (\S+)$", text, re.MULTILINE)
    rows = re.findall(r"^\| `([\w-]+)` \| (.*) \|$", text, re.MULTILINE)
    in_tables = [f"{check.name}.{kind}.{name}" for kind, names in rows for name in re.findall(r"`([\w-]+)`", names)]
    assert [rule.name for rule in check.rules if not _is_explained(rule.name, headings + in_tables)] == []
    known = [rule.name for rule in check.rules]
    assert [
        heading for heading in headings if not _is_explained(heading, known) and not fnmatch.filter(known, heading)
    ] == []
    assert text.count("**To green:**") >= len(headings)


def _is_explained(name: str, by: list[str]) -> bool:
    # A rule may be a pattern itself, as drift.*.renamed is.
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in by)


@pytest.mark.parametrize("page", ["README.md", "docs/README.md"])
def test_every_check_stands_in_the_tables(page: str) -> None:
    path = ROOT / page
    targets = {Path(target).name for target in links(path) if "checks/" in target}
    assert targets == {f"{check.name}.md" for check in all_checks()}


def test_the_readme_says_of_each_check_what_the_check_says() -> None:
    rows = re.findall(r"^\| \[`([\w-]+)`\]\([^)]*\) \| (.*) \|$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    plain = [(name, says.replace("`", "")) for name, says in rows]
    assert plain == [(check.name, check.summary.replace("`", "")) for check in all_checks()]
