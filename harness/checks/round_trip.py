"""`round-trip`: every revision up, down and up again, the whole schema compared after each step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from harness.checks.base import BlockedCheck, Check
from harness.checks.context import CheckContext
from harness.checks.reversing import Rules, judge, mark_location, without_downgrade
from harness.checks.revision_lines import does_nothing
from harness.checks.round_trip_belief import walk
from harness.checks.round_trip_records import RoundTrips, Trip
from harness.checks.span import Span, irreversible_by_setting, span
from harness.checks.upgrade_advice import for_steps
from harness.checks.wording import failure_detail
from harness.environment import Failure, History, RevisionInfo
from harness.findings import Finding, Rule, Severity

FAILED = Rule(
    "round-trip.failed",
    Severity.ERROR,
    "a downgrade fails, or an upgrade when it is run by itself",
    "The way back out of a bad deploy is closed, and nobody knows before it is needed.",
)
IRREVERSIBLE = Rule(
    "round-trip.irreversible",
    Severity.WARNING,
    "a revision has no downgrade, or one that refuses on purpose",
    "The only way back out of a bad deploy is a backup.",
)
LEFT_BEHIND = Rule(
    "round-trip.left-behind",
    Severity.ERROR,
    "after the downgrade something is there that was not there before the upgrade",
    'The next upgrade meets it and fails ("already exists"), or the leftovers pile up.',
)
LOST = Rule(
    "round-trip.lost",
    Severity.ERROR,
    "after the downgrade something is gone that was there before the upgrade",
    "The version below expects it: a rollback breaks the application.",
)
CHANGED = Rule(
    "round-trip.changed",
    Severity.ERROR,
    "after the downgrade something is not what it was before the upgrade",
    "The version below expects what was there: a rollback may break the application.",
)
NOT_REPEATABLE = Rule(
    "round-trip.not-repeatable",
    Severity.ERROR,
    "after down and up again the schema is not the same, or the second upgrade fails",
    "A database that was rolled back once is not like the others any more, or cannot be deployed at all.",
)
UNUSED_MARKER = Rule(
    "round-trip.unused-marker",
    Severity.INFO,
    "a revision is marked irreversible, and its downgrade undoes everything",
    "Nobody tries the downgrade of a revision that is marked, so the next fault in it is not seen.",
)

# Why a finding matters that ended the walk; by it others tell what the check has not judged.
NOT_TRIED = "What comes after it was not tried."

_SEEN_ONCE = "Seen once: the walk ended before it could be seen a second time."

_RULES = Rules(LEFT_BEHIND, LOST, CHANGED, NOT_REPEATABLE, IRREVERSIBLE, FAILED)


def run(context: CheckContext) -> Iterable[Finding]:
    """Walk, then judge each revision by itself; also where the walk could not be finished."""
    history = context.require_history()
    taken = span(context)
    meant = irreversible_by_setting(context)
    found = walk(context, taken, _one_way(history, taken, meant))
    findings = [finding for trip in found.trips for finding in _judge(context, trip, meant)]
    yield from findings
    if found.stopped is not None and found.stopped.failure is not None:
        yield _stopped(context, taken, found, found.stopped.failure, first=not findings)
    if found.ended is not None:
        raise found.ended


def _one_way(history: History, taken: Span, meant: frozenset[str]) -> set[str]:
    """The revisions that are not taken down, since there is nothing to be learnt from it."""
    known = (revision for revision in map(history.get, taken.revisions) if revision is not None)
    return set(meant) | {
        revision.id
        for revision in known
        if not revision.has_downgrade
        or (revision.irreversible is not None and does_nothing(revision.path, "downgrade"))
    }


def _judge(context: CheckContext, trip: Trip, meant: frozenset[str]) -> Iterator[Finding]:
    revision = context.history.get(trip.revision)
    assert revision is not None
    if trip.alone is not None and trip.alone.failure is not None:
        yield _only_remembering(context, revision, trip.alone.failure)
    if revision.irreversible is not None:
        if trip.is_exact:
            yield UNUSED_MARKER.finding(
                f"Revision {revision.id} is marked irreversible, and its downgrade gives the schema back exactly.",
                revision=revision.id,
                location=mark_location(context, revision),
                fix="Take the comment out, unless it is meant for rows that are lost.",
            )
    elif trip.reversal is not None:
        findings = judge(context, _RULES, revision, trip.reversal)
        yield from map(_seen_once, findings) if trip.is_seen_once else findings
    elif not trip.is_exact and revision.id not in meant:
        yield without_downgrade(context, _RULES, revision)


def _seen_once(finding: Finding) -> Finding:
    return replace(finding, detail="\n".join(part for part in (_SEEN_ONCE, finding.detail) if part))


def _only_remembering(context: CheckContext, revision: RevisionInfo, failure: Failure) -> Finding:
    return FAILED.finding(
        f"The upgrade of revision {revision.id} fails when it is run by itself: {failure.message}",
        revision=revision.id,
        location=context.locate(revision, failure),
        fix=for_steps(context, revision.id, failure),
        why="A database that is deployed revision by revision cannot follow; only in one run of all revisions does it "
        "succeed, by what Alembic remembers of the earlier ones.",
        detail=failure_detail(failure),
    )


def _stopped(context: CheckContext, taken: Span, found: RoundTrips, failure: Failure, *, first: bool) -> Finding:
    assert found.stopped is not None
    revision = found.stopped.revision
    walked, planned = len(found.trips), len(taken.revisions)
    if first:
        raise BlockedCheck(
            "upgrade",
            f"after {walked} of {planned} revisions the upgrade of revision {revision} fails: {failure.message}",
        )
    return FAILED.finding(
        f"The walk ends after {walked} of {planned} revisions: the upgrade of {revision} fails: {failure.message}",
        revision=revision,
        location=context.locate(context.history.get(revision), failure),
        fix="Correct the revision; `alembic upgrade head` on an empty database shows the same.",
        why=NOT_TRIED,
        detail=failure_detail(failure),
    )


CHECK = Check(
    "round-trip",
    "every revision up, down and up again: the whole schema is what it was, after each step",
    (FAILED, IRREVERSIBLE, LEFT_BEHIND, LOST, CHANGED, NOT_REPEATABLE, UNUSED_MARKER),
    run,
    needs_upgrades=False,
)
