"""Comparing two objects attribute by attribute."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from harness.schema.differences import printed
from harness.schema.groups import ignored_attributes, ignored_kinds
from harness.schema.model import Schema, SchemaObject, Value
from harness.schema.spelling import same_default, settled, unqualified
from harness.schema.versions import attributes_newer_than

# Read for the order of columns, which is compared table by table.
POSITION = "position"

# The version whose deparser stopped to qualify the columns of a single table.
BARE_COLUMNS = 16

# The version from which on a partition has the identity columns of its table; before, it has none.
IDENTITY_OF_PARTITIONS = 17
_IDENTITY = frozenset({"identity", "identity_options", "identity_grants", "identity_comment"})


class AttributeChange(NamedTuple):
    """An attribute whose value is not what was expected, printed for people."""

    attribute: str
    expected: str | None
    actual: str | None


class Comparison:
    """What is compared between two schemas, and how.

    Args:
        expected, actual: the schemas.
        ignore: names of groups to leave out.

    Raises:
        UsageError: a group that does not exist.
    """

    def __init__(self, expected: Schema, actual: Schema, ignore: Collection[str]) -> None:
        self.ignored_attributes = ignored_attributes(ignore) | {POSITION}
        self.ignored_kinds = ignored_kinds(ignore)
        self.ignores_names = "names" in ignore
        self.ignores_order = "order" in ignore
        versions = (expected.server_version, actual.server_version)
        self._across = versions[0] != versions[1]
        self._deparsers_differ = min(versions) < BARE_COLUMNS <= max(versions)
        self._partitions: frozenset[tuple[str, str]] = frozenset()
        if self._across:
            self.ignored_attributes |= attributes_newer_than(min(versions))
        if min(versions) < IDENTITY_OF_PARTITIONS <= max(versions):
            self._partitions = _partitions(expected) | _partitions(actual)

    def comparable(self, text: str) -> str:
        """A text in a form in which both servers print it."""
        return unqualified(text) if self._deparsers_differ else text

    def changes(self, expected: SchemaObject, actual: SchemaObject) -> list[AttributeChange]:
        """The attributes that differ, in the order of the catalog query."""
        if expected.attributes == actual.attributes:
            return []
        return list(self._changes(expected, actual))

    def same(self, expected: SchemaObject, actual: SchemaObject) -> bool:
        """Whether no attribute differs, whatever the objects are called."""
        return not self.changes(expected, actual)

    def same_column(self, expected: SchemaObject, actual: SchemaObject) -> bool:
        """The same for columns: what their NOT NULL constraints are called comes from what they were called."""
        return all(change.attribute == "not_null_name" for change in self.changes(expected, actual))

    def _changes(self, expected: SchemaObject, actual: SchemaObject) -> Iterator[AttributeChange]:
        for name in dict.fromkeys([*expected.attributes, *actual.attributes]):
            if name in self.ignored_attributes or (name in _IDENTITY and self._is_of_partition(expected)):
                continue
            left, right = expected.attributes.get(name), actual.attributes.get(name)
            if left != right and not self._equivalent(expected.identity.kind, name, left, right):
                yield AttributeChange(name, printed(left), printed(right))

    def _is_of_partition(self, item: SchemaObject) -> bool:
        return (item.identity.schema, item.identity.table) in self._partitions

    def _equivalent(self, kind: str, attribute: str, left: Value, right: Value) -> bool:
        if self._across and _differs_by_version(kind, attribute):
            return True
        if kind == "user mapping" and None in (left, right):
            # Not everybody may see the options.
            return True
        if attribute == "default" and not isinstance(left, tuple) and not isinstance(right, tuple):
            return same_default(left, right)
        if isinstance(left, tuple) and isinstance(right, tuple) and len(left) == len(right):
            return all(self._equivalent(kind, attribute, *pair) for pair in zip(left, right, strict=True))
        if not (isinstance(left, str) and isinstance(right, str)):
            return False
        left, right = settled(left), settled(right)
        if attribute == "definition":
            left, right = self.comparable(left), self.comparable(right)
        return left == right


def _partitions(schema: Schema) -> frozenset[tuple[str, str]]:
    return frozenset(
        (identity.schema, identity.name)
        for identity, item in schema.objects.items()
        if identity.kind in ("table", "foreign table") and "partition" in item.attributes
    )


def _differs_by_version(kind: str, attribute: str) -> bool:
    """Which extensions' versions there are is the server's matter, and so is what it says of them."""
    return kind == "extension" and attribute in ("version", "comment")
