"""What a script makes in another schema than the online run: mostly all of it, for want of a search_path."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from harness.schema import Identity, Schema

_FEW = 2  # fewer than these are told one by one


@dataclass(frozen=True)
class Elsewhere:
    """Objects that stand alone (tables, views, types, …) and are in one schema online and in another offline."""

    expected: str
    actual: str
    objects: tuple[Identity, ...]


def take_out(expected: Schema, actual: Schema) -> tuple[Schema, Schema, list[Elsewhere]]:
    """The two schemas without what stands elsewhere, and all that belongs to it; then that, by schemas."""
    places: dict[Identity, list[str]] = defaultdict(list)
    for identity in _alone(actual, expected):
        places[identity._replace(schema="")].append(identity.schema)
    groups: dict[tuple[str, str], list[Identity]] = defaultdict(list)
    for identity in _alone(expected, actual):
        for place in places[identity._replace(schema="")]:
            groups[identity.schema, place].append(identity)
    found = [Elsewhere(*schemas, tuple(objects)) for schemas, objects in groups.items() if len(objects) >= _FEW]
    for one in found:
        expected = _without(expected, set(one.objects))
        actual = _without(actual, {identity._replace(schema=one.actual) for identity in one.objects})
    return expected, actual, found


def _alone(schema: Schema, other: Schema) -> list[Identity]:
    """What only the first schema has and belongs to no table."""
    return [one for one in schema.objects if one.schema and not one.table and one not in other.objects]


def _without(schema: Schema, gone: set[Identity]) -> Schema:
    return schema.without(lambda item: item.identity in gone)
