"""`harness diff`: two databases compared, object by object and attribute by attribute, and what makes them the same.

Both are only read, in sessions that cannot write. Either may be a snapshot, a file that `Schema.to_json` wrote.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from harness.baseline import Baseline
from harness.checks.policy import Policy
from harness.comparison.findings import finding
from harness.comparison.side import Side, read
from harness.findings import CheckResult, Report, ServerSummary, Severity, UsageError, outcome_of
from harness.schema import UnreadableError, diff
from harness.schema.repair import Repair, repair

CHECK = "diff"

__all__ = ["Compared", "compare"]


@dataclass(frozen=True)
class Compared:
    """What a comparison found, and what makes B the same as A, less what was to be ignored."""

    report: Report
    repair: Repair


def compare(
    url_a: str,
    url_b: str,
    *,
    ignore: Sequence[str] = (),
    fail_on: Severity = Severity.ERROR,
    timeout: float = 300.0,
    skip_unreadable: bool = False,
    baseline: Baseline | None = None,
) -> Compared:
    """Compare the schemas of two databases.

    Args:
        url_a: the database that is as it should be: its URL, or the path of a snapshot.
        url_b: the database under test, in the same forms.
        ignore: globs of what to leave out, as in the setting `ignore`: a rule, an object, or `rule:object`.
        fail_on: the lowest severity with which the report counts as failed.
        timeout: seconds that one query may take.
        skip_unreadable: leave out, on both sides, what a role may not read, and say so in a note, instead of giving up.
        baseline: the findings that are known; what they tell of is repaired all the same.

    Raises:
        UsageError: a URL or file cannot be used, both name the same database, or a server is too old.
        VerdictError: a database cannot be reached or read.
    """
    started = time.perf_counter()
    policy = Policy(ignore, {})
    left, right, unread = _read_both(url_a, url_b, timeout, skip_unreadable)
    if left.whereabouts and right.whereabouts and left.whereabouts.is_database_of(right.whereabouts):
        raise UsageError("URL_A and URL_B are the same database.", "Name two that are to be compared.")
    found = repair(left.schema, right.schema, diff(left.schema, right.schema))
    findings, kept = [], []
    for fix in found.fixes:
        told = policy.apply([finding(fix)])
        findings += told
        kept += [fix.difference] if told else []
    if len(kept) < len(found.fixes):
        found = repair(left.schema, right.schema, kept)
    baseline = baseline or Baseline()
    findings = baseline.apply(findings)
    result = CheckResult(CHECK, outcome_of(findings, fail_on), None, time.perf_counter() - started)
    notes = (
        *baseline.close([result], out_of_reach=lambda _: bool(unread)),
        *policy.notes([result]),
        *(f"Not compared, since it may not be read: {part}." for part in unread),
    )
    report = Report((result,), tuple(findings), None, _summary(left, right), notes, tuple(baseline.known))
    return Compared(report, found)


def _read_both(url_a: str, url_b: str, timeout: float, skip_unreadable: bool) -> tuple[Side, Side, list[str]]:
    """Both sides, and the parts of the catalog that were left out of both."""
    unread: list[str] = []
    while True:
        try:
            left = read(url_a, "URL_A", timeout, unread)
            return left, read(url_b, "URL_B", timeout, unread), [part.replace("_", " ") for part in unread]
        except UnreadableError as error:
            if not skip_unreadable or error.part in unread:
                raise
            unread.append(error.part)


def _summary(left: Side, right: Side) -> ServerSummary:
    same = "" if left.version == right.version else f" (PostgreSQL {left.version})"
    return ServerSummary("url", right.version, f"A is {left.name}{same}, B is {right.name}")
