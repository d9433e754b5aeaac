"""What only newer servers know: left out where two schemas of different versions meet."""

from __future__ import annotations

import re
from types import MappingProxyType

from harness.schema.model import Schema, SchemaObject, Value

# Attributes that only servers from a version on have: nothing can be said of them across that version.
_ATTRIBUTES = {
    14: frozenset({"compression", "multirange", "synchronous_commit"}),
    18: frozenset({"not_null_name", "not_null_options"}),
}
# The version that added MAINTAIN to what GRANT ALL gives on a table.
_MAINTAIN = 17
_MAINTAINED = re.compile(r"(?<=[:,] )maintain(?: with grant option)?, |, maintain(?: with grant option)?(?=$| by )")
_PRIVILEGES = frozenset({"grants", "column_grants"})


def attributes_newer_than(version: int) -> frozenset[str]:
    """The attributes that a server of a version does not have, and a newer one may have."""
    return frozenset().union(*(names for since, names in _ATTRIBUTES.items() if since > version))


def as_both_know_it(one: Schema, other: Schema) -> tuple[Schema, Schema]:
    """Two schemas without what only the newer one's server knows."""
    oldest = min(one.server_version, other.server_version)
    first, second = (item if item.server_version == oldest else _as_of(item, oldest) for item in (one, other))
    return first, second


def _as_of(schema: Schema, version: int) -> Schema:
    unknown = attributes_newer_than(version)
    forgets_maintain = version < _MAINTAIN <= schema.server_version
    return Schema(
        (_told(item, unknown, forgets_maintain) for item in schema.objects.values()),
        schema.server_version,
    )


def _told(item: SchemaObject, unknown: frozenset[str], forgets_maintain: bool) -> SchemaObject:
    attributes: dict[str, Value] = {
        name: _without_maintain(value) if forgets_maintain and name in _PRIVILEGES else value
        for name, value in item.attributes.items()
        if name not in unknown
    }
    if attributes == item.attributes:
        return item
    return SchemaObject(item.identity, MappingProxyType(attributes), item.uses)


def _without_maintain(value: Value) -> Value:
    return tuple(_MAINTAINED.sub("", line) for line in value) if isinstance(value, tuple) else value
