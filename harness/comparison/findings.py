"""Differences of two databases as findings: their rules, severities and sentences."""

from __future__ import annotations

from harness.checks.repairs import sql_lines
from harness.checks.wording import consequences, fits_a_sentence
from harness.findings import Finding, Rule, Severity
from harness.schema.groups import NAMED_BY_CONVENTION
from harness.schema.repair import Fix

WHY = "What works on one of the two databases may not work on the other."
_SHORT = 120

# Rules are not listed kind by kind: `*` stands for any kind of object, `attribute` for any of its attributes.
RULES = (
    Rule("diff.*.missing", Severity.ERROR, "A has it, and B does not", WHY),
    Rule("diff.*.extra", Severity.ERROR, "B has it, and A does not", WHY),
    Rule("diff.*.attribute", Severity.ERROR, "something of it is not the same in A and B", WHY),
    Rule("diff.*.renamed", Severity.ERROR, "the same object under another name", WHY),
    Rule("diff.*.comment", Severity.WARNING, "another comment", WHY),
    Rule("diff.table.column-order", Severity.INFO, "the columns of a table stand in another order", WHY),
)

# What nobody can see but those who look for it.
_SEVERITIES = {"column_order": Severity.INFO, "comment": Severity.WARNING}


def finding(fix: Fix) -> Finding:
    """The finding that tells a difference, with the SQL that repairs it."""
    difference = fix.difference
    target = difference.object
    what = difference.attribute if difference.change == "changed" else difference.change
    severity = _SEVERITIES.get(difference.attribute or "", Severity.ERROR)
    if difference.change == "renamed" and target.kind in NAMED_BY_CONVENTION:
        severity = Severity.WARNING
    name = f"diff.{target.kind}.{what}".replace(" ", "-").replace("_", "-")
    return Rule(name, severity, "", WHY).finding(
        _message(fix),
        object=target,
        attribute=difference.attribute,
        expected=difference.expected,
        actual=difference.actual,
        fix=_fix(fix),
        detail=consequences(difference),
    )


def _message(fix: Fix) -> str:
    difference = fix.difference
    what = f"{difference.object.kind} {difference.object}"
    if difference.change == "missing":
        return f"The {what} is in A and not in B."
    if difference.change == "extra":
        return f"The {what} is in B and not in A."
    if difference.change == "renamed":
        return f"The {what} has the {difference.attribute} {difference.actual} in B."
    attribute = (difference.attribute or "").replace("_", " ")
    values = [value if value is not None else "not set" for value in (difference.expected, difference.actual)]
    if not fits_a_sentence(_SHORT, *values):
        return f"The {attribute} of {what} is not the same in A and B."
    return f"The {attribute} of {what} is {values[0]} in A and {values[1]} in B."


def _fix(fix: Fix) -> str:
    if not fix.automatic:
        return f"For a person: {fix.reason}."
    lines = sql_lines(fix)
    return "\n".join(["On B:", *lines]) if len(lines) > 1 else f"On B: {''.join(lines)}"
