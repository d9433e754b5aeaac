"""What the report says of many: one row each, the findings, and the notes without repetition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from harness.baseline import Entry
from harness.checks.running import Runner
from harness.findings import CheckOutcome, CheckResult, Finding, Severity, UsageError, VerdictError
from harness.gate.fleet import Verdict
from harness.gate.judge import CHECK, NOTHING_PENDING, part_of
from harness.gate.rules import PENDING
from harness.report.text import plural, without_passwords

Keep = Callable[[Iterable[Finding]], list[Finding]]
_NAMED = 3


@dataclass(frozen=True)
class Row:
    """One of many in the report.

    Attributes:
        result: its line: what it is called, the outcome, and where it stands or why nothing can be said.
        parts: what became of each part of the gate.
        findings: those that count.
    """

    result: CheckResult
    parts: tuple[CheckResult, ...]
    findings: tuple[Finding, ...]


def row_of(verdict: Verdict, keep: Keep, fail_on: Severity) -> Row:
    """The row of a verdict.

    Args:
        verdict: what judging it told.
        keep: the findings that stay, as the settings and the baseline want it.
        fail_on: the lowest severity that fails.
    """
    parts, findings = Runner(keep, fail_on).run((name, _again(what)) for name, what in verdict.parts)
    outcomes = {part.outcome for part in parts}
    outcome: CheckOutcome = "error" if "error" in outcomes else "failed" if "failed" in outcomes else "passed"
    reason = next((part.reason for part in parts if part.outcome == "error"), None)
    if reason is None:
        reason = ", ".join(_standing(verdict, findings))
    result = CheckResult(verdict.name, outcome, without_passwords(reason), verdict.seconds)
    return Row(result, tuple(parts), tuple(findings))


def _again(what: Sequence[Finding] | Exception) -> Callable[[], Iterable[Finding]]:
    def give() -> Iterable[Finding]:
        if isinstance(what, UsageError):
            # The call is right for the others; this one reaches no verdict.
            raise VerdictError(what.message, what.fix, what.detail)
        if isinstance(what, Exception):
            raise what
        return what

    return give


def _standing(verdict: Verdict, findings: Sequence[Finding]) -> Iterator[str]:
    position = verdict.position
    if position is not None:
        yield f"at {position}"
        if not (position.unknown or position.ahead):
            yield f"{len(position.pending)} pending" if position.pending else "nothing pending"
    count = sum(finding.rule != PENDING.name for finding in findings)
    yield plural(count, "finding") if count else "no finding"


def findings_of(rows: Sequence[Row], fail_on: Severity) -> Iterator[Finding]:
    """The findings of all rows; what is pending, which each row has the number of, once for all who stand there."""
    told: set[str] = set()
    for row in rows:
        for finding in row.findings:
            if finding.rule != PENDING.name or finding.severity.rank >= fail_on.rank:
                yield finding
            elif finding.message not in told:
                told.add(finding.message)
                yield replace(finding, database=None)


def notes_of(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The notes of all, each with those that it is about."""
    said: defaultdict[str, list[str]] = defaultdict(list)
    for verdict in verdicts:
        for note in verdict.notes:
            said[note].append(verdict.name)
    for note, names in said.items():
        whose = ", ".join(names) if len(names) <= _NAMED else f"{len(names)} of {len(verdicts)}"
        yield without_passwords(f"{whose}: {note}")


def met_by(rows: Sequence[Row]) -> Callable[[Entry], bool]:
    """Tells the entries of a baseline that could have been met: those of a part of the gate that was judged, there."""
    judged = {
        (row.result.name, part.name)
        for row in rows
        for part in row.parts
        if part.outcome in ("passed", "failed") or part.reason == NOTHING_PENDING
    }
    return lambda entry: (entry.database, f"{CHECK}.{part_of(entry.rule)}") in judged
