"""One test a revision: which revisions there are, what their tests are called, and whether the list is needed at all.

The list is the one that the check itself walks, so it takes a run of `env.py`. That is spared where the command line
(`-k`, `-m`) deselects these tests whatever the revisions are called.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from harness.environment import Project, RevisionInfo
from harness.environment.project import script_location
from harness.findings import Finding, Severity, VerdictError

if TYPE_CHECKING:
    import pytest

    from harness.findings import CheckResult
    from harness.settings import Settings

# The check that has a test for each revision.
CHECK = "round-trip"
_LABEL_CHARACTERS = 60
_ELSEWHERE = re.compile(rb"^[^#;\n]*version_locations", re.MULTILINE)
_CODE = re.compile(r"^(?:import|from|def|class)\b", re.MULTILINE)
_REVISION_LINE = re.compile(r"^revision\b.*", re.MULTILINE)
_UNSURE_WORDS = 6

Revisions = tuple[tuple[str, str], ...]  # id and label, in the order of the walk


@dataclass(frozen=True)
class Part:
    """The findings that one test answers for.

    Attributes:
        fail_on: the lowest severity that fails.
        revision: whose findings they are; None for those that belong to none of `others`.
        others: the revisions that have tests of their own, in the order of the walk.
    """

    fail_on: Severity
    revision: str | None = None
    others: tuple[str, ...] = ()

    def of(self, findings: Iterable[Finding]) -> list[Finding]:
        """Those of some findings that belong here."""
        if self.revision is not None:
            return [finding for finding in findings if finding.revision == self.revision]
        return [finding for finding in findings if finding.revision not in self.others]

    def is_judged_in(self, result: CheckResult) -> bool:
        """Whether there is a verdict here, also where the check as a whole reached none."""
        if result.outcome != "error":
            return True
        end = result.unjudged_from
        if self.revision not in self.others or end not in self.others:
            return False
        return self.others.index(self.revision) < self.others.index(end)

    def not_tried_for(self, findings: Iterable[Finding]) -> str | None:
        """The revision at which the walk ended before it came to this one; None if it came there."""
        from harness.checks.round_trip import NOT_TRIED

        ends = {finding.revision for finding in findings if finding.why == NOT_TRIED} - {None, self.revision}
        if self.revision not in self.others:
            return None
        before = self.others[: self.others.index(self.revision)]
        return next((revision for revision in before if revision in ends), None)


def walked_revisions(settings: Settings, project: Project) -> Revisions:
    """The revisions that the check walks, each with the label that its test bears.

    Raises:
        HarnessError: the project cannot be loaded.
    """
    from harness.checks.base import BlockedCheck
    from harness.checks.context import CheckContext
    from harness.checks.span import span

    with CheckContext(settings, project, _no_server, lambda *_: None) as context:
        try:
            history = context.require_history()
        except BlockedCheck:
            return ()  # the check's own result says what is in its way
        known = (history.get(revision) for revision in span(context).revisions)
        return tuple((revision.id, label(revision)) for revision in known if revision is not None)


def label(revision: RevisionInfo) -> str:
    """`<id>-<slug of its message>`, cut where it gets long."""
    return f"{revision.id}-{_slug(revision.message)}"[:_LABEL_CHARACTERS].rstrip("-_")


def are_wanted(definition: pytest.Function, find_project: Callable[[], Project]) -> bool:
    """Whether the command line may select a test of some revision.

    Args:
        definition: the test function, with the module and folders around it.
        find_project: gives the project, whose files tell which words a revision can be called by.

    Raises:
        HarnessError: there is no project.
    """
    marks = {mark.name for mark in definition.iter_markers()}
    if not _may_be_true(definition.config.getoption("markexpr", ""), marks.__contains__, lambda _word: False):
        return False
    names = [node.name for node in definition.listchain()]
    names += [*definition.listextrakeywords(), *vars(definition.function), *marks]
    names = [name.lower() for name in names]

    def in_names(word: str) -> bool:
        return any(word.lower() in name for name in names)

    def in_revisions(word: str) -> bool:
        return not re.fullmatch(r"\w+", word) or _may_be_in_a_label(word, find_project())

    return _may_be_true(definition.config.getoption("keyword", ""), in_names, in_revisions)


def _may_be_true(text: str, is_true: Callable[[str], bool], may_be: Callable[[str], bool]) -> bool:
    """Whether an expression of `-k` or `-m` is true for some choice of the words that are true for some tests only."""
    try:
        from _pytest.mark.expression import Expression
    except ImportError:
        return True  # another pytest: the list is made whether or not it is needed
    if not text:
        return True
    unsure: list[str] = []

    try:
        expression = Expression.compile(text)
        for word in re.findall(r"[\w:+\-./\\\[\]]+", text):
            if word not in ("and", "or", "not") and not is_true(word) and may_be(word):
                unsure.append(word)
        if len(unsure) > _UNSURE_WORDS:
            return True
        for choice in itertools.product((False, True), repeat=len(unsure)):
            chosen = {word for word, true in zip(unsure, choice, strict=True) if true}
            if expression.evaluate(_Matcher(chosen, is_true)):
                return True
    except Exception:  # a malformed expression: pytest itself says so, and in its own words
        return True
    return False


class _Matcher:
    def __init__(self, chosen: set[str], is_true: Callable[[str], bool]) -> None:
        self._chosen = chosen
        self._is_true = is_true

    def __call__(self, word: str, /, **_arguments: object) -> bool:
        return word in self._chosen or self._is_true(word)


def _may_be_in_a_label(word: str, project: Project) -> bool:
    """Whether a word occurs where a file of the script folder may have a revision's id or its message."""
    location = script_location(project.config, project.name)
    folder = project.directory / location
    if not folder.is_dir():
        return True  # package:path, which Alembic resolves
    for path in (project.config, folder / "env.py"):
        if path.is_file() and _ELSEWHERE.search(path.read_bytes()):
            return True
    wanted = _slug(word)
    files = (path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)
    return any(wanted in _slug(_title(path)) for path in files)


def _title(path: Path) -> str:
    text = path.read_text(encoding="utf-8", errors="replace")
    return "\n".join([path.stem, _CODE.split(text, maxsplit=1)[0], *_REVISION_LINE.findall(text)])


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _no_server() -> NoReturn:
    raise VerdictError("Listing the revisions needs no server.")
