"""`downgrade`: from head one step down and up again. The schema is back, and the step down left what the revision
below has.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.checks.base import BlockedCheck, Check
from harness.checks.context import CheckContext
from harness.checks.reversing import Reversal, Rules, compare, judge, refuses, undo
from harness.checks.span import irreversible_by_setting
from harness.checks.walking import StepDown
from harness.findings import Finding, Rule, Severity
from harness.schema import Difference

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

_RULES = Rules(LEFT_BEHIND, LOST, CHANGED, NOT_REPEATABLE, IRREVERSIBLE, FAILED)


def run(context: CheckContext) -> Iterable[Finding]:
    """Judge the steps that the walk took from head."""
    history = context.require_history()
    meant = irreversible_by_setting(context)
    walked = context.walked
    if walked.failure is not None:
        raise BlockedCheck("upgrade", "head could not be reached step by step")
    # What one head's downgrade left behind is still there when the next one is taken down, and is not its fault.
    blamed: set[Difference] = set()
    for down in walked.downs:
        revision = history.get(down.revision)
        assert revision is not None
        reversal = _reversal(down, blamed)
        if revision.irreversible is None and revision.id not in meant:
            yield from judge(context, _RULES, revision, reversal)


def _reversal(step: StepDown, blamed: set[Difference]) -> Reversal:
    if step.down.failure is not None and not refuses(step.down.failure):
        return Reversal(step.down, undo(step.before, step.after))
    left = () if step.left is None else compare(step.before, step.left, blamed)
    blamed.update(fix.difference for fix in left)
    differs = () if step.back is None else compare(step.after, step.back, blamed)
    return Reversal(step.down, left=left, again=step.up, differs=differs)


CHECK = Check(
    "downgrade",
    "from head one step down and up again: the schema is back, and the step down left what the revision below has",
    (FAILED, IRREVERSIBLE, LEFT_BEHIND, LOST, CHANGED, NOT_REPEATABLE),
    run,
)
