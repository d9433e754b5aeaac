"""Every rule that there is, of the checks, the gate and `diff`, so that they can be listed, explained and named."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from fnmatch import fnmatchcase

from harness.checks import all_checks
from harness.comparison.findings import RULES as DIFF_RULES
from harness.findings import Rule, UsageError
from harness.gate.rules import DRIFT_RULES, REHEARSAL_RULES, REVISION_RULES


@dataclass(frozen=True)
class Chapter:
    """The rules of one check, or of one part of the gate, with one line on what it proves."""

    name: str
    summary: str
    rules: tuple[Rule, ...]


def chapters() -> tuple[Chapter, ...]:
    """All rules, by what reports them."""
    return (
        *(Chapter(check.name, check.summary, check.rules) for check in all_checks()),
        Chapter(
            "gate.revision", "the live database stands at a revision from which the deploy can go on", REVISION_RULES
        ),
        Chapter("gate.drift", "the live database is what its history makes", DRIFT_RULES),
        Chapter("gate.rehearsal", "the pending revisions succeed on a copy of the live schema", REHEARSAL_RULES),
        Chapter("diff", "two databases have the same schema", DIFF_RULES),
    )


def rule_names() -> tuple[str, ...]:
    """The names of all rules."""
    return tuple(rule.name for chapter in chapters() for rule in chapter.rules)


def find_rules(name: str) -> tuple[str, tuple[Rule, ...]]:
    """What there is to say of a rule, or of a check or a part of the gate with all its rules.

    Returns:
        for a check its summary and its rules, for a rule an empty text and that rule.

    Raises:
        UsageError: there is neither of that name.
    """
    for chapter in chapters():
        if chapter.name == name:
            return f"{name}: {chapter.summary}", chapter.rules
    rules = [rule for chapter in chapters() for rule in chapter.rules]
    # A finding's rule ends with the attribute that differs, drift.column.type for instance.
    for wanted in (name, f"{name.rpartition('.')[0]}.attribute"):
        exact = [rule for rule in rules if rule.name == wanted]
        found = exact or [rule for rule in rules if fnmatchcase(wanted, rule.name)]
        if found:
            return "", tuple(found[:1])
    known = [*(chapter.name for chapter in chapters()), *(rule.name for rule in rules)]
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"Did you mean {nearest[0]}?" if nearest else "harness rules lists them all."
    raise UsageError(f"There is no rule or check {name!r}.", hint)
