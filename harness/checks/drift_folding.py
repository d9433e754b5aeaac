"""What one sees only with the models at hand: differences that are none, and those that follow from another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.findings import DatabaseObject
from harness.schema import Difference, Schema


def folded(
    differences: Sequence[Difference], expected: Schema, is_named: Callable[[DatabaseObject], bool]
) -> list[Difference]:
    """The differences that are worth a finding.

    Args:
        differences: what `diff` says.
        expected: the models' schema.
        is_named: whether the models give an object its name; else the server chose it.
    """
    return _with_their_sequences(_without_swapped_names(differences, is_named), expected)


def _without_swapped_names(
    differences: Sequence[Difference], is_named: Callable[[DatabaseObject], bool]
) -> list[Difference]:
    """Less the checks of a table that are the same but for which of them the server called `a_check` and which
    `a_check1`: it numbers those that have no name in the order in which they come.
    """
    unnamed: dict[tuple[str | None, str | None], list[Difference]] = defaultdict(list)
    for one in differences:
        if one.object.kind == "check constraint" and one.attribute == "expression" and not is_named(one.object):
            unnamed[one.object.schema, one.object.table].append(one)
    swapped = [
        one
        for several in unnamed.values()
        if Counter(one.expected for one in several) == Counter(one.actual for one in several)
        for one in several
    ]
    return [one for one in differences if not any(one is other for other in swapped)]


def _with_their_sequences(differences: Sequence[Difference], expected: Schema) -> list[Difference]:
    """With the type of a serial column's sequence under that of the column: a model says the two in one word."""
    owned: dict[DatabaseObject, Difference] = {}
    owners = {
        identity.database_object: used.database_object
        for identity, item in expected.objects.items()
        if identity.kind == "sequence"
        for used in item.uses
        if used.kind == "column"
    }
    columns = {one.object for one in differences if one.object.kind == "column" and one.attribute == "type"}
    for one in differences:
        if one.object.kind == "sequence" and one.attribute == "type" and owners.get(one.object) in columns:
            owned[owners[one.object]] = one
    result = []
    for one in differences:
        if one.object.kind == "column" and one.attribute == "type" and one.object in owned:
            result.append(replace(one, consequences=(*one.consequences, owned[one.object])))
        elif not any(one is sequence for sequence in owned.values()):
            result.append(one)
    return result
