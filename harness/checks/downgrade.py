"""`downgrade`: from head one step down and up again. The schema is back, and the step down left what the revision
below has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from harness.checks.base import BlockedCheck, Check
from harness.checks.context import CheckContext
from harness.checks.repairs import typed
from harness.checks.upgrading import StepDown
from harness.checks.wording import consequences, failure_detail
from harness.environment import Failure, RevisionInfo
from harness.findings import Finding, Rule, Severity
from harness.schema import Difference, diff
from harness.schema.repair import Fix, repair

FAILED = Rule(
    "downgrade.failed",
    Severity.ERROR,
    "the downgrade of the head fails",
    "The way back out of a bad deploy is closed, and nobody knows before it is needed.",
)
IRREVERSIBLE = Rule(
    "downgrade.irreversible",
    Severity.WARNING,
    "the head has no downgrade, or one that refuses on purpose",
    "The only way back out of a bad deploy is a backup.",
)
LEFT_BEHIND = Rule(
    "downgrade.left-behind",
    Severity.ERROR,
    "after the downgrade something is there that was not there before the upgrade",
    'The next upgrade meets it and fails ("already exists"), or the leftovers pile up.',
)
LOST = Rule(
    "downgrade.lost",
    Severity.ERROR,
    "after the downgrade something is gone that was there before the upgrade",
    "The version below expects it: a rollback breaks the application.",
)
CHANGED = Rule(
    "downgrade.changed",
    Severity.ERROR,
    "after the downgrade something is not what it was before the upgrade",
    "The version below expects what was there: a rollback may break the application.",
)
NOT_REPEATABLE = Rule(
    "downgrade.not-repeatable",
    Severity.ERROR,
    "after down and up again the schema is not the same, or the second upgrade fails",
    "A database that was rolled back once is not like the others any more, or cannot be deployed at all.",
)

_BY_CHANGE = {"extra": LEFT_BEHIND, "missing": LOST, "changed": CHANGED, "renamed": CHANGED}
_VERB = {"extra": "leaves behind", "missing": "loses", "changed": "changes", "renamed": "renames"}
_ADJECTIVE = {"extra": "there in addition", "missing": "gone", "changed": "another", "renamed": "renamed"}


def run(context: CheckContext) -> Iterable[Finding]:
    """Judge the steps that the walk took from head."""
    history = context.require_history()
    walked = context.walked
    if walked.failure is not None:
        raise BlockedCheck("upgrade", "head could not be reached step by step")
    # What one head's downgrade left behind is still there when the next one is taken down, and is not its fault.
    blamed: set[Difference] = set()
    for down in walked.downs:
        revision = history.get(down.revision)
        assert revision is not None
        yield from _judge(context, revision, down, blamed)


def _judge(context: CheckContext, revision: RevisionInfo, step: StepDown, blamed: set[Difference]) -> Iterator[Finding]:
    if step.down.failure is not None:
        yield _refused(context, revision, step.down.failure)
        return
    if step.left is not None:
        differences = [difference for difference in diff(step.before, step.left) if difference not in blamed]
        blamed.update(differences)
        yield from _not_what_was(context, revision, repair(step.before, step.left, differences).fixes)
    if step.up is not None and step.up.failure is not None:
        failure = step.up.failure
        yield NOT_REPEATABLE.finding(
            f"Revision {revision.id} cannot be applied again after its downgrade: {failure.message}",
            revision=revision.id,
            location=context.locate(revision, failure),
            fix=_undo_everything(context, revision),
            detail=failure_detail(failure),
        )
    elif step.back is not None:
        for difference in diff(step.after, step.back):
            if difference in blamed:
                continue
            yield NOT_REPEATABLE.finding(
                f"After down and up again, {_name(difference)} is {_ADJECTIVE[difference.change]}.",
                fix=_undo_everything(context, revision),
                **_parts(context, revision, difference),
            )


def _refused(context: CheckContext, revision: RevisionInfo, failure: Failure) -> Finding:
    location = context.locate(revision, failure)
    if not revision.has_downgrade:
        return IRREVERSIBLE.finding(
            f"Revision {revision.id} has no downgrade().",
            revision=revision.id,
            location=context.locate(revision),
            fix="Write downgrade(), or let it say why there is none: raise NotImplementedError('…').",
        )
    if failure.raised_on_purpose:
        return IRREVERSIBLE.finding(
            f"The downgrade of revision {revision.id} refuses: {failure.message}",
            revision=revision.id,
            location=location,
            fix="Nothing, if it is meant; else write the downgrade.",
        )
    return FAILED.finding(
        f"The downgrade of revision {revision.id} fails: {failure.message}",
        revision=revision.id,
        location=location,
        fix="Correct downgrade(); `alembic downgrade -1` shows the same.",
        detail=failure_detail(failure),
    )


def _not_what_was(context: CheckContext, revision: RevisionInfo, fixes: Iterable[Fix]) -> Iterator[Finding]:
    for fix in fixes:
        difference = fix.difference
        yield _BY_CHANGE[difference.change].finding(
            f"The downgrade of revision {revision.id} {_VERB[difference.change]} {_name(difference)}.",
            fix=_undo(context, revision, fix),
            **_parts(context, revision, difference),
        )


def _parts(context: CheckContext, revision: RevisionInfo, difference: Difference) -> dict[str, Any]:
    return {
        "object": difference.object,
        "attribute": difference.attribute,
        "expected": difference.expected,
        "actual": difference.actual,
        "revision": revision.id,
        "location": context.locate(revision),
        "detail": consequences(difference),
    }


def _undo(context: CheckContext, revision: RevisionInfo, fix: Fix) -> str:
    """What to add to `downgrade()`."""
    place = f"downgrade() in {context.project.location(revision.path)}"
    if fix.difference.change == "missing":
        return typed(f"Let {place} not drop {_name(fix.difference)}, or make it again", fix)
    return typed(f"Add to {place}", fix)


def _name(difference: Difference) -> str:
    attribute = f"{difference.attribute} of " if difference.attribute else ""
    return f"{attribute}{difference.object.kind} {difference.object}"


def _undo_everything(context: CheckContext, revision: RevisionInfo) -> str:
    return f"Let downgrade() in {context.project.location(revision.path)} undo everything that upgrade() does."


CHECK = Check(
    "downgrade",
    "from head one step down and up again: the schema is back, and the step down left what the revision below has",
    (FAILED, IRREVERSIBLE, LEFT_BEHIND, LOST, CHANGED, NOT_REPEATABLE),
    run,
)
