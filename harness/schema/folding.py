"""Consequences under their cause: of all that differs, what follows from something else that differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast

from harness.schema.differences import Change, Difference
from harness.schema.model import Identity, Schema, SchemaObject, owners
from harness.schema.spelling import loose, same_but_for_name, same_items_but_for_name

# What models describe. If an extra one of these stands on an extra type or function, both are worth a difference: who
# made a column of a new type wants to hear of the column.
_MODELLED = frozenset(
    {"table", "column", "index", "sequence", "enum", "domain"}
    | {"primary key", "unique constraint", "check constraint", "exclusion constraint", "foreign key"}
)

# What an extra object of those kinds goes with.
_EXTRA_CAUSES = frozenset(
    {"schema", "table", "foreign table", "view", "materialized view", "column", "index", "domain"}
    | {"primary key", "unique constraint", "check constraint", "exclusion constraint", "foreign key"}
)

# Within one object: an attribute, and those that follow when it changes. True: whatever they become; False: if the
# texts differ only by casts.
_WITHIN: dict[str, dict[str, bool]] = {
    "type": {
        "default": False,
        "generated": False,
        "identity_options": True,
        "collation": True,
        "storage": True,
        "compression": True,
        "minimum": True,
        "maximum": True,
    },
    "nullable": {"not_null_name": True, "not_null_options": True},
    "partition_key": {"access_method": True},
    "identity": {"identity_options": True, "default": True, "identity_grants": True, "identity_comment": True},
    "generated": {"generated_kind": True, "default": True},
    "returns": {"rows": True},
    "language": {"library": True},
    "transition_type": {"returns": True},
    "columns": {"statistics": True, "column_comments": True, "column_defaults": True},
    "definition": {"columns": True},
    "method": {"options": True},
}

# Attributes that list other objects, and change when one of those comes or goes.
_LISTS = frozenset({"tables", "owned_by", "replica_identity", "inherits", "partition", "mappings"})

# Kinds whose lists of names are sorted.
_SORTED_LISTS = frozenset({"trigger", "publication", "statistics"})

# Attributes that change the meaning of what stands on their object.
_TYPES = frozenset({"type", "collation", "attributes", "subtype", "definition", "columns", "returns", "kind"})

# What a table hands on to the sequences that belong to it.
_HANDED_ON = frozenset({"owner", "persistence"})


@dataclass(eq=False)
class Node:
    """A difference in the making: the two objects, and what was folded under it."""

    change: str
    item: SchemaObject | None
    other: SchemaObject | None
    attribute: str | None = None
    expected: str | None = None
    actual: str | None = None
    children: list[Node] = field(default_factory=list)

    @property
    def identity(self) -> Identity:
        """The expected identity, or the actual one of what is extra."""
        item = self.item or self.other
        assert item is not None
        return item.identity

    @property
    def sort_key(self) -> tuple[Identity, str, str]:
        return self.identity, self.change, self.attribute or ""

    def difference(self) -> Difference:
        """The finished difference."""
        children = sorted(self.children, key=lambda node: node.sort_key)
        return Difference(
            change=cast(Change, self.change),
            object=self.identity.database_object,
            attribute=self.attribute,
            expected=self.expected,
            actual=self.actual,
            consequences=tuple(child.difference() for child in children),
        )


def fold(nodes: list[Node], expected: Schema, actual: Schema, comparable: Callable[[str], str]) -> list[Node]:
    """Put each node under the node that it follows from; return those that follow from none.

    Args:
        nodes: all that differs.
        expected, actual: the schemas.
        comparable: brings a text of either server to a form in which both print it.
    """
    folder = _Folder(nodes, expected, actual, comparable)
    parents: dict[Node, Node] = {}
    for node in nodes:
        for cause in folder.causes(node):
            if not _leads_to(parents, cause, node):
                parents[node] = cause
                break
    for node, parent in parents.items():
        parent.children.append(node)
    return [node for node in nodes if node not in parents]


def _leads_to(parents: dict[Node, Node], node: Node | None, target: Node) -> bool:
    while node is not None:
        if node is target:
            return True
        node = parents.get(node)
    return False


class _Folder:
    def __init__(self, nodes: list[Node], expected: Schema, actual: Schema, comparable: Callable[[str], str]) -> None:
        self._comparable = comparable
        self._schemas = (expected, actual)
        self._by_identity: tuple[dict[Identity, list[Node]], ...] = (defaultdict(list), defaultdict(list))
        # The new defaults that take their values from a sequence.
        self._defaults: defaultdict[Identity, list[Node]] = defaultdict(list)
        for node in nodes:
            if node.attribute == "default" and node.other is not None:
                for used in node.other.uses:
                    self._defaults[used].append(node)
            for side, item in enumerate((node.item, node.other)):
                if item is not None:
                    self._by_identity[side][item.identity].append(node)

    def causes(self, node: Node) -> Iterator[Node]:
        """The nodes that a node may follow from, the likeliest first."""
        if node.change == "renamed":
            yield from self._causes_of_name(node)
        elif node.change in ("missing", "extra"):
            yield from self._causes_of_presence(node)
        else:
            yield from self._causes_of_change(node)

    def _causes_of_name(self, node: Node) -> Iterator[Node]:
        """A partition's column is renamed with its parent's, and a cast with its type."""
        assert node.item is not None
        for identity in (*node.item.uses, *owners(node.item)):
            for cause in self._by_identity[0].get(identity, ()):
                if cause.change == "renamed" and self._follows_name(node, cause):
                    yield cause

    def _causes_of_presence(self, node: Node) -> Iterator[Node]:
        side = 0 if node.change == "missing" else 1
        item = node.item or node.other
        assert item is not None
        held = owners(item)
        for owner in held:
            for cause in self._by_identity[side].get(owner, ()):
                # The sequence of a serial column comes and goes with the column's default.
                serial = item.identity.kind == "sequence" and cause.attribute in ("default", "identity")
                if serial or cause.change in (node.change, "renamed") or cause.attribute == "kind":
                    yield cause
        if item.identity.kind == "operator family":
            # Made by CREATE OPERATOR CLASS, unless it was there.
            yield from self._by_identity[side].get(item.identity._replace(kind="operator class"), ())
        for used in item.uses:
            if item.identity.kind == "operator class" and used == item.identity._replace(kind="operator family"):
                continue
            # A serial column and its sequence stand on each other.
            if used.kind == "sequence" and item.identity.kind == "column" and self._belongs(used, item.identity, side):
                continue
            for cause in self._by_identity[side].get(used, ()):
                if cause.change == node.change and (
                    side == 0 or item.identity.kind not in _MODELLED or used.kind in _EXTRA_CAUSES
                ):
                    yield cause
        if side == 1 and item.identity.kind == "sequence":
            yield from self._defaults.get(item.identity, ())
        yield from self._causes_of_inheritance(item, side)

    def _belongs(self, sequence: Identity, column: Identity, side: int) -> bool:
        found = self._schemas[side].objects.get(sequence)
        return found is not None and column in owners(found)

    def _causes_of_inheritance(self, item: SchemaObject, side: int) -> Iterator[Node]:
        """What a partition has of its parent comes and goes when it is attached and detached."""
        identity = item.identity
        if any(used.kind == identity.kind and used.table != identity.table for used in item.uses):
            for table in owners(item):
                for cause in self._by_identity[side].get(table, ()):
                    if cause.attribute in ("partition", "inherits"):
                        yield cause

    def _causes_of_change(self, node: Node) -> Iterator[Node]:
        assert node.item is not None
        assert node.other is not None
        for cause in self._by_identity[0].get(node.item.identity, ()):
            if cause is not node and cause.change == "changed" and _follows_within(node, cause):
                yield cause
        seen: set[Node] = {node}
        for side, item in enumerate((node.item, node.other)):
            for identity in self._below(item, side):
                for cause in self._by_identity[side].get(identity, ()):
                    if cause not in seen and self._explains(cause, node, side):
                        seen.add(cause)
                        yield cause

    def _below(self, item: SchemaObject, side: int) -> Iterator[Identity]:
        """All that an object stands on, the nearest first, then what belongs to it."""
        objects = self._schemas[side].objects
        seen = {item.identity}
        layer: Iterable[SchemaObject] = [item]
        while layer:
            following = []
            for upper in layer:
                for identity in (*upper.uses, *owners(upper)):
                    if identity not in seen and identity in objects:
                        seen.add(identity)
                        following.append(objects[identity])
                        yield identity
            layer = following
        if item.identity.kind == "column":
            for identity in self._by_identity[side]:
                if identity.kind == "primary key" and identity.table == item.identity.table:
                    yield identity

    def _explains(self, cause: Node, node: Node, side: int) -> bool:
        attribute = node.attribute
        if cause.change == "renamed":
            return self._follows_name(node, cause)
        if cause.change == "changed":
            if (cause.attribute, cause.expected, cause.actual) == (attribute, node.expected, node.actual):
                return cause.identity.kind == node.identity.kind or (
                    node.identity.kind == "sequence" and attribute in _HANDED_ON
                )
            if attribute == "not_null_name":
                return cause.attribute in ("partition", "inherits")
            if cause.attribute == "installed_in":
                return self._follows_name(node, cause)
            if attribute == "server_options":
                # A foreign table that is a table of ours now has no use for them.
                return cause.attribute == "kind"
            if cause.attribute == "labels":
                return _follows_labels(node, cause)
            return (cause.attribute in _TYPES and self._follows_type(node)) or self._follows_column_names(node, cause)
        cause_item = cause.item or cause.other
        assert cause_item is not None
        if attribute == "nullable" and cause.identity.kind == "primary key":
            return node.identity.name in (cause_item.attributes["columns"] or ())
        if attribute in _LISTS:
            return True
        return cause.change == "missing" and attribute == "default" and node.actual is None

    def _follows_name(self, node: Node, cause: Node) -> bool:
        if None in (node.expected, node.actual, cause.expected, cause.actual):
            return False
        expected, actual = self._comparable(str(node.expected)), self._comparable(str(node.actual))
        names: list[tuple[str, ...]] = [(str(name),) for name in (cause.expected, cause.actual)]
        if cause.change == "renamed" and cause.attribute == "schema":
            names = [(*name, cause.identity.name) for name in names]
        if node.identity.kind in _SORTED_LISTS:
            return same_items_but_for_name(expected, actual, names)
        return same_but_for_name(expected, actual, names)

    def _follows_column_names(self, node: Node, cause: Node) -> bool:
        """A view of a view of which a column was renamed."""
        if cause.attribute != "definition" or cause.item is None or cause.other is None:
            return False
        lists = (cause.item.attributes.get("columns"), cause.other.attributes.get("columns"))
        old, new = ([column.split(" ")[0] for column in columns or ()] for columns in lists)
        names = [(name,) for pair in zip(old, new, strict=False) if pair[0] != pair[1] for name in pair]
        expected, actual = self._comparable(node.expected or ""), self._comparable(node.actual or "")
        return len(old) == len(new) and bool(names) and same_but_for_name(expected, actual, names)

    def _follows_type(self, node: Node) -> bool:
        if node.attribute == "columns" and node.identity.kind in ("view", "materialized view"):
            return True
        return loose(self._comparable(node.expected or "")) == loose(self._comparable(node.actual or ""))


def _follows_labels(node: Node, cause: Node) -> bool:
    """A default or a condition that names a label is printed with the label's new name."""
    labels = set(str(cause.expected).split(", ")) ^ set(str(cause.actual).split(", "))
    names = [(label,) for label in sorted(labels)]
    return bool(names) and same_but_for_name(node.expected or "", node.actual or "", names)


def _follows_within(node: Node, cause: Node) -> bool:
    following = _WITHIN.get(cause.attribute or "", {})
    if node.attribute not in following:
        return False
    return following[node.attribute] or loose(node.expected or "") == loose(node.actual or "")
