"""What `downgrade` and `round-trip` judge alike: one revision taken down and put up again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.checks.context import CheckContext
from harness.checks.repairs import code_lines, typed
from harness.checks.revision_lines import Function, does_nothing, line_of
from harness.checks.wording import consequences, failure_detail
from harness.environment import Failure, RevisionInfo, StepResult
from harness.findings import Finding, Location, Rule
from harness.schema import Difference, Schema, diff
from harness.schema.repair import Fix, Repair, repair

# A column that comes back comes back last, and PostgreSQL 18 names its NOT NULL anew: no downgrade can help it.
UNAVOIDABLE = frozenset({"order", "not-null-names"})

_VERB = {"extra": "leaves behind", "missing": "loses", "changed": "changes", "renamed": "renames"}
_ADJECTIVE = {"extra": "there in addition", "missing": "gone", "changed": "not the same", "renamed": "renamed"}


@dataclass(frozen=True)
class Rules:
    """The rules of the check that judges."""

    left_behind: Rule
    lost: Rule
    changed: Rule
    not_repeatable: Rule
    irreversible: Rule
    failed: Rule

    def for_change(self, change: str) -> Rule:
        """The rule for what a downgrade did not put back."""
        return {"extra": self.left_behind, "missing": self.lost}.get(change, self.changed)


@dataclass(frozen=True)
class Reversal:
    """A revision taken down and put up again.

    Attributes:
        down: the step down.
        undoing: if that failed, what takes back all that the revision had done to the schema.
        left: how what it left differs from what was there before the revision.
        again: the second step up; None if it was not taken.
        differs: how what that one made differs from what the first had made, but for what `left` tells already.
        cure: the second step up failed, and went well once this had repaired what the downgrade left.
    """

    down: StepResult
    undoing: Repair | None = None
    left: tuple[Fix, ...] = ()
    again: StepResult | None = None
    differs: tuple[Fix, ...] = ()
    cure: Repair | None = None

    @property
    def exact(self) -> bool:
        """Whether nothing is wrong with it."""
        failed = self.down.failure is not None or (self.again is not None and self.again.failure is not None)
        return not failed and not self.left and not self.differs


def compare(expected: Schema, actual: Schema, known: Collection[Difference] = ()) -> tuple[Fix, ...]:
    """How a state differs from one that it should be the same as, each difference with its repair.

    Args:
        expected, actual: the two states of one database.
        known: differences that are told elsewhere.
    """
    differences = [found for found in diff(expected, actual, ignore=UNAVOIDABLE) if found not in known]
    return repair(expected, actual, differences, ignore=UNAVOIDABLE).fixes if differences else ()


def undo(before: Schema, after: Schema) -> Repair:
    """What makes of a later state of a database what it was earlier."""
    return repair(before, after, diff(before, after, ignore=UNAVOIDABLE), ignore=UNAVOIDABLE)


def judge(context: CheckContext, rules: Rules, revision: RevisionInfo, reversal: Reversal) -> Iterator[Finding]:
    """The findings of a revision that was taken down and put up again."""
    if reversal.down.failure is not None:
        yield _refused(context, rules, revision, reversal.down.failure, reversal.undoing)
        return
    for fix in reversal.left:
        difference = fix.difference
        # What is left was made by the upgrade; what is gone or another may be the doing of either.
        functions: tuple[Function, ...] = ("upgrade",) if difference.change == "extra" else ("downgrade", "upgrade")
        yield rules.for_change(difference.change).finding(
            f"The downgrade of revision {revision.id} {_VERB[difference.change]} {_name(difference)}.",
            fix=_undo(context, revision, fix),
            **_parts(context, revision, difference, functions),
        )
    again = reversal.again
    if again is not None and again.failure is not None:
        yield _not_again(context, rules, revision, reversal, again.failure)
    for fix in reversal.differs:
        yield rules.not_repeatable.finding(
            f"After down and up again, {_name(fix.difference)} is {_ADJECTIVE[fix.difference.change]}.",
            fix=_undo_everything(context, revision),
            **_parts(context, revision, fix.difference, ("upgrade", "downgrade")),
        )


def refuses(failure: Failure) -> bool:
    """Whether a downgrade failed because it is meant to."""
    return failure.raised_on_purpose or failure.kind == SystemExit.__name__


def _refused(
    context: CheckContext, rules: Rules, revision: RevisionInfo, failure: Failure, undoing: Repair | None
) -> Finding:
    """The finding of a downgrade that does not exist, refuses or fails."""
    if not revision.has_downgrade:
        return without_downgrade(context, rules, revision)
    location = context.locate(revision, failure)
    if refuses(failure):
        return rules.irreversible.finding(
            f"The downgrade of revision {revision.id} refuses: {failure.message}",
            revision=revision.id,
            location=location,
            fix=f"Write the downgrade; or, if it is meant, say so in the file: {_MARK}",
        )
    return rules.failed.finding(
        f"The downgrade of revision {revision.id} fails: {failure.message}",
        revision=revision.id,
        location=location,
        fix=_correct(context, revision, undoing),
        detail=failure_detail(failure),
    )


def _correct(context: CheckContext, revision: RevisionInfo, undoing: Repair | None) -> str:
    """What to do about a downgrade that fails. Which of its lines is wrong is its author's to say; what all of them
    together have to do is known.
    """
    if undoing is None or undoing.for_a_person or not undoing.operations:
        return "Correct downgrade(); `alembic downgrade -1` from there shows the same."
    place = _place(context, revision)
    return code_lines(f"Correct {place}. All that upgrade() did to the schema is undone by", undoing.operations)


_MARK = "# harness: irreversible – the reason"


def without_downgrade(context: CheckContext, rules: Rules, revision: RevisionInfo) -> Finding:
    """The finding of a revision that has no `downgrade()`."""
    return rules.irreversible.finding(
        f"Revision {revision.id} has no downgrade().",
        revision=revision.id,
        location=context.locate(revision),
        fix=f"Write downgrade(); or, if there is no way back, say so in the file: {_MARK}",
    )


def _not_again(
    context: CheckContext, rules: Rules, revision: RevisionInfo, reversal: Reversal, failure: Failure
) -> Finding:
    fix, because = _undo_everything(context, revision), ""
    if reversal.cure is not None:
        names = ", ".join(_name(fix.difference) for fix in reversal.left)
        because = f"It works once the downgrade is made complete ({names})."
        if len(reversal.left) > 1:  # by themselves they are told already; together they have an order
            fix = code_lines(f"Add to {_place(context, revision)}, in this order", reversal.cure.operations)
    if reversal.left and does_nothing(revision.path, "downgrade"):
        separator = "\n" if "\n" in fix else " "
        fix += f"{separator}Or, if there is no way back, say so in the file: {_MARK}"
    return rules.not_repeatable.finding(
        f"Revision {revision.id} cannot be applied again after its downgrade: {failure.message}",
        revision=revision.id,
        location=context.locate(revision, failure),
        fix=fix,
        detail="\n".join(part for part in (because, failure_detail(failure)) if part),
    )


def _parts(
    context: CheckContext, revision: RevisionInfo, difference: Difference, functions: Sequence[Function]
) -> dict[str, Any]:
    location = context.locate(revision)
    line = line_of(revision.path, functions, difference.object)
    return {
        "object": difference.object,
        "attribute": difference.attribute,
        "expected": difference.expected,
        "actual": difference.actual,
        "revision": revision.id,
        "location": location if location is None or line is None else replace(location, line=line),
        "detail": consequences(difference),
    }


def _undo(context: CheckContext, revision: RevisionInfo, fix: Fix) -> str:
    """What to add to `downgrade()`."""
    place = _place(context, revision)
    if fix.difference.change == "missing":
        return typed(f"Let {place} not drop {_name(fix.difference)}, or make it again", fix)
    return typed(f"Add to {place}", fix)


def _name(difference: Difference) -> str:
    # What is renamed says so itself.
    attribute = "" if difference.change == "renamed" else (difference.attribute or "").replace("_", " ")
    return f"{attribute} of {difference.object.kind} {difference.object}".removeprefix(" of ")


def _undo_everything(context: CheckContext, revision: RevisionInfo) -> str:
    return f"Let {_place(context, revision)} undo everything that upgrade() does."


def _place(context: CheckContext, revision: RevisionInfo) -> str:
    return f"downgrade() in {context.project.location(revision.path)}"


def mark_location(context: CheckContext, revision: RevisionInfo) -> Location:
    """Where the comment stands that says that a revision has no way back."""
    return Location(context.project.location(revision.path), revision.irreversible_line)
