"""Repairs: the operations that make an actual database what was expected, as Alembic code and as SQL.

differences = diff(expected, actual)
found = repair(expected, actual, differences)
print(found.sql)
for fix in found.fixes:
    print(fix.difference, fix.code if fix.automatic else fix.reason)
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harness.schema.differences import Difference
from harness.schema.groups import ignored_attributes
from harness.schema.model import Schema
from harness.schema.repair.changes import Pairs
from harness.schema.repair.common import Context
from harness.schema.repair.operation import Fix, NotAutomaticError, Operation, Repair
from harness.schema.repair.planning import Planner
from harness.schema.versions import as_both_know_it

__all__ = ["Fix", "Operation", "Repair", "repair"]


def repair(
    expected: Schema, actual: Schema, differences: Sequence[Difference], *, ignore: Collection[str] = ()
) -> Repair:
    """The operations that make an actual database what was expected; the other way round with the schemas exchanged.

    Args:
        expected, actual: the schemas.
        differences: what `diff` says of them, or some of it: only that is repaired. What has to be dropped and made
            again on the way (a view on a column that is given another type) comes back in its expected form, or in the
            form that it had if the expected schema does not have it.
        ignore: the groups that were left out of the comparison, as `diff` takes them: of what is made again, these
            attributes stay as they were.

    Returns:
        one fix for each difference, and the operations of all that need no person.

    Raises:
        UsageError: a group that does not exist.
    """
    expected, actual = as_both_know_it(expected, actual)
    context = Context(expected, actual, ignored_attributes(ignore))
    pairs = Pairs(expected, actual, differences)
    planner = Planner(context, pairs)
    fixes = tuple(_fix(planner, pairs, difference) for difference in differences)
    automatic = [fix.difference for fix in fixes if fix.automatic]
    try:
        operations = planner.plan(pairs.changes(automatic))
    except NotAutomaticError:
        # Each can be done alone, but not at once: then one after the other.
        operations = list(dict.fromkeys(operation for fix in fixes for operation in fix.operations))
    return Repair(tuple(operations), fixes)


def _fix(planner: Planner, pairs: Pairs, difference: Difference) -> Fix:
    try:
        operations = planner.plan(pairs.changes([difference]))
    except NotAutomaticError as error:
        return Fix(difference, (), str(error))
    return Fix(difference, tuple(operations))
